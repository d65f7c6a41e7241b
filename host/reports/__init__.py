"""From host objects to reports: what the nodes, the live route and the terminal share."""
