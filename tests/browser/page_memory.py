"""What a page keeps of our cards after they were drawn anew or taken away."""

from __future__ import annotations

from typing import Any

METRICS = ("JSHeapUsedSize", "Nodes", "JSEventListeners")
_LEFT = """function() {
  const nodes = this.filter((node) => !Object.hasOwn(node, 'constructor')) // prototypes are found too
  const trees = new Set(nodes.filter((node) => !node.isConnected).map((node) => node.getRootNode()))
  const ours = "[class^='es-'], [class*=' es-'], [class^='encoderscope']"
  return [...trees].filter((tree) => tree.matches?.(ours) || tree.querySelector?.(ours)).map((tree) =>
    `${tree.nodeName}.${tree.className ?? ''} of ${1 + (tree.querySelectorAll?.('*').length ?? 0)}`) }"""


def session(page: Any) -> Any:
    """A session of Chromium's own protocol."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable")
    return cdp


def metrics(cdp: Any) -> dict[str, float]:
    """Bytes of the heap, DOM nodes and listeners of the page, after two collections of garbage."""
    for _ in range(2):
        cdp.send("HeapProfiler.collectGarbage")
    entries = cdp.send("Performance.getMetrics")["metrics"]
    return {entry["name"]: entry["value"] for entry in entries if entry["name"] in METRICS}


def left_behind(cdp: Any) -> list[str]:
    """The trees with elements of ours that are not in the page and yet are kept by something."""
    prototype = cdp.send("Runtime.evaluate", {"expression": "Node.prototype"})["result"]
    asked = {"prototypeObjectId": prototype["objectId"], "objectGroup": "left"}
    nodes = cdp.send("Runtime.queryObjects", asked)["objects"]  # collects garbage before
    question = {"functionDeclaration": _LEFT, "objectId": nodes["objectId"], "returnByValue": True}
    answer = cdp.send("Runtime.callFunctionOn", question)
    cdp.send("Runtime.releaseObjectGroup", {"objectGroup": "left"})
    if "exceptionDetails" in answer:
        raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
    return list(answer["result"]["value"])
