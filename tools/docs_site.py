"""The documentation as pages: `python dev.py docs` builds .host/docs/site from README.md, docs/,
web/docs/ and the package's own docstrings, and fails on any warning.

The pages are laid out as the files are, so that their links stay as they are; a link to a file of
the repository that is no page becomes plain text, and one to nothing is a warning.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from . import packages
from .comfyui import PACK
from .places import ROOT, STATE

FOLDER = STATE / "docs"
SOURCES = ("*.md", "docs/**/*.md", "web/docs/*.md", "assets/*/README.md")
PICTURES = ("docs/pictures/*", "workflows/*.jpg", "docs/*.schema.json")
GUIDES = (
    "docs/faq.md",
    "docs/coming-from-another-program.md",
    "docs/mixing.md",
    "docs/doctor.md",
    "docs/cache.md",
    "docs/quantising.md",
    "docs/audit.md",
    "docs/languages.md",
)
PROOFS = (
    "docs/calibration.md",
    "docs/verdicts-and-precision.md",
    "docs/generator.md",
    "docs/benchmarks.md",
    "docs/performance.md",
    "docs/reliability.md",
)
MODULES = ("prompts", "encoders", "pictures", "reports", "audit", "results")
"""Of encoderscope.api, in the order of the page."""
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def build() -> int:
    """Build the site; 0 where there was no warning."""
    program = packages.ensure_tool("mkdocs", packages.TOOLS / "requirements-docs.txt")
    shutil.rmtree(FOLDER, ignore_errors=True)
    pages = FOLDER / "pages"
    for name in files():
        _copy(name, pages)
    (pages / "api.md").write_text(api_page(), encoding="utf-8")
    # A copy: the mount is a link to the checkout, which holds the mount.
    shutil.copytree(ROOT / "api", FOLDER / "package" / PACK / "api")
    shutil.copyfile(ROOT / "__init__.py", FOLDER / "package" / PACK / "__init__.py")
    settings = FOLDER / "mkdocs.yml"
    settings.write_text(json.dumps(configuration(), indent=1), encoding="utf-8")
    command = [str(program), "build", "--strict", "--quiet", "--config-file", str(settings)]
    environment = packages.clean_environment(PYTHONUTF8="1", NO_MKDOCS_2_WARNING="1")
    return subprocess.run(command, cwd=FOLDER, env=environment, check=False).returncode


def files() -> list[str]:
    """What the site has, as paths of the repository."""
    paths = {path for pattern in (*SOURCES, *PICTURES) for path in ROOT.glob(pattern)}
    return sorted(path.relative_to(ROOT).as_posix() for path in paths if path.is_file())


def _copy(name: str, pages: Path) -> None:
    target = pages / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix != ".md":
        shutil.copyfile(ROOT / name, target)
        return
    text = (ROOT / name).read_text(encoding="utf-8")
    target.write_text(linked(text, name, set(files())), encoding="utf-8")


def linked(text: str, name: str, known: set[str]) -> str:
    """The page ``name`` without links to files of the repository that are no pages."""

    def replaced(match: re.Match[str]) -> str:
        mark, label, target, anchor = match.groups()
        if re.match(r"[a-z]+:", target):
            return match[0]
        path = _resolved(name, target)
        if path not in known and (ROOT / path).exists():
            page = f"{path.rstrip('/')}/README.md"
            if page not in known:
                return label
            target = f"{target.rstrip('/')}/README.md"
        return f"{mark}[{label}]({target}{anchor or ''})"

    return _LINK.sub(replaced, text)


def _resolved(name: str, target: str) -> str:
    """A relative link of a page as a path of the repository."""
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / target).parts:
        if part == "..":
            if not parts:
                return "outside"
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def api_page() -> str:
    """Directives for the functions and classes of the API."""
    head = (
        "# Python API\n\nWhat `import encoderscope` offers, from its docstrings. How to begin: "
        "[In Python](docs/python.md).\n"
    )
    return head + "".join(f"\n::: {PACK}.api.{module}\n" for module in MODULES)


def _python_handler() -> dict[str, object]:
    """How mkdocstrings shows the Python API: the public functions, from their docstrings."""
    return {
        "paths": [str(FOLDER / "package")],
        "options": {
            "show_root_heading": False,
            "show_root_toc_entry": False,
            "heading_level": 2,
            "show_source": False,
            "members_order": "source",
            "filters": ["!^_", "!^[A-Z_]+$", "!^prober$", "!^reporter$"],
            "docstring_style": "sphinx",
        },
    }


def configuration() -> dict[str, object]:
    """mkdocs' settings; JSON is YAML."""
    return {
        "site_name": "EncoderScope",
        "site_description": "Which words of your prompt did every text encoder really get?",
        "docs_dir": "pages",
        "site_dir": "site",
        "use_directory_urls": False,
        "theme": {
            "name": "material",
            "font": False,
            "logo": "docs/pictures/icon.png",
            "favicon": "docs/pictures/icon.png",
            "palette": {"scheme": "slate", "primary": "black", "accent": "amber"},
            "features": ["navigation.tabs", "navigation.indexes", "content.code.copy"],
        },
        "plugins": ["search", {"mkdocstrings": {"handlers": {"python": _python_handler()}}}],
        "markdown_extensions": ["tables", "toc", "pymdownx.superfences"],
        "validation": {
            "nav": {"omitted_files": "ignore"},
            "links": {"not_found": "warn", "anchors": "warn", "unrecognized_links": "warn"},
        },
        "nav": list(navigation()),
    }


def navigation() -> Iterator[dict[str, object]]:
    """The site's menu."""
    names = files()
    yield {"Home": "README.md"}
    yield {"Nodes": [name for name in names if name.startswith("web/docs/")]}
    yield {"Guides": [name for name in GUIDES if name in names]}
    reports = [name for name in names if re.match(r"docs/report-[^.]+\.md", name)]
    yield {"In Python": ["docs/python.md", "api.md"]}
    yield {"Reports": ["docs/reports.md", *reports]}
    yield {"Measured": [name for name in PROOFS if name in names]}
    decisions = [name for name in names if name.startswith("docs/decisions/")]
    others = ["docs/design.md", "docs/words.md", "docs/kernels.md", "CONTRIBUTING.md"]
    yield {"Inside": [*others, {"Decisions": decisions}, "SECURITY.md", "CHANGELOG.md"]}
