"""Read what hognose found out of its SARIF."""

import json
import posixpath
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Finding:
    """One result."""

    rule: str
    path: str
    """As in the SARIF, decoded: relative to where hognose ran, `/` as separator."""
    start_line: int
    end_line: int
    start_column: int
    level: str
    message: str
    suppressed: bool
    properties: str
    """The property bag as JSON, for severity and confidence."""

    def property(self, name: str) -> str:
        """A value of the property bag, or an empty string."""
        return str(json.loads(self.properties).get(name, ""))


@dataclass(frozen=True)
class Problem:
    """One notification: something that was not looked at properly."""

    kind: str
    path: str
    message: str


@dataclass(frozen=True)
class Report:
    """A SARIF log."""

    findings: list[Finding]
    problems: list[Problem]


def load(path: Path, base: Path | None = None) -> Report:
    """Reads a SARIF file; absolute paths below `base` become relative to it."""
    return parse(json.loads(path.read_text(encoding="utf-8")), base)


def parse(log: dict, base: Path | None = None) -> Report:
    """Turns a parsed SARIF log into findings and problems. Raises `KeyError` where it is not SARIF 2.1.0."""
    findings = []
    problems = []
    for run in log["runs"]:
        for result in run["results"]:
            place = result["locations"][0]["physicalLocation"] if result.get("locations") else {}
            region = place.get("region", {})
            start = region.get("startLine", 0)
            findings.append(
                Finding(
                    rule=result["ruleId"],
                    path=_path(place, base),
                    start_line=start,
                    end_line=_end_line(region, start),
                    start_column=region.get("startColumn", 1),
                    level=result.get("level", "warning"),
                    message=result["message"]["text"],
                    suppressed=any(s.get("status", "accepted") == "accepted" for s in result.get("suppressions", [])),
                    properties=json.dumps(result.get("properties", {}), sort_keys=True),
                )
            )
        for invocation in run.get("invocations", []):
            for kind in ("toolExecutionNotifications", "toolConfigurationNotifications"):
                for note in invocation.get(kind, []):
                    places = note.get("locations") or [{}]
                    problems.append(
                        Problem(
                            kind=note.get("descriptor", {}).get("id", ""),
                            path=_path(places[0].get("physicalLocation", {}), base),
                            message=note["message"]["text"],
                        )
                    )
    return Report(findings, problems)


def _end_line(region: dict, start: int) -> int:
    end = region.get("endLine", start)
    # A range that ends before the first character of a line does not touch that line.
    return end - 1 if end > start and region.get("endColumn") == 1 else end


def _path(place: dict, base: Path | None) -> str:
    uri = place.get("artifactLocation", {}).get("uri", "")
    if uri.startswith("file:"):
        uri = urlsplit(uri).path
    path = posixpath.normpath(unquote(uri)) if uri else ""
    if base is not None and posixpath.isabs(path):
        try:
            return Path(path).relative_to(base).as_posix()
        except ValueError:
            return path
    return path
