"""Says which folders make up the package; everything else about the project stands in
pyproject.toml.

The checkout's root *is* the package `encoderscope`, because ComfyUI clones it straight into
custom_nodes. Setuptools cannot discover sub-packages under another name, so they are listed here by
looking: a new sub-package needs no edit.
"""

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

RUNTIME = ["nodes", "host", "cli", "api", "conditioning", "kernels"]
NOT_RUNTIME = {"dev", "setup"}


class build_runtime(build_py):  # noqa: N801  (setuptools names its commands so)
    """Leaves the development scripts beside __init__.py out of the wheel."""

    def find_package_modules(self, package, package_dir):
        modules = super().find_package_modules(package, package_dir)
        return [
            module
            for module in modules
            if package != "encoderscope" or module[1] not in NOT_RUNTIME
        ]


subpackages = find_packages(".", include=RUNTIME + [f"{name}.*" for name in RUNTIME])
setup(
    packages=["encoderscope", *(f"encoderscope.{name}" for name in subpackages)],
    package_dir={"encoderscope": "."},
    package_data={
        "encoderscope": [
            "py.typed",
            "*.pyi",
            "assets/**/*",
            "web/**/*",
            "workflows/*",
            "subgraphs/*",
            "locales/**/*.json",
        ],
        **{f"encoderscope.{name}": ["*"] for name in subpackages},
    },
    cmdclass={"build_py": build_runtime},
)
