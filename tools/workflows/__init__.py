"""Makes the shipped workflows, their pictures and the subgraph blueprints."""
