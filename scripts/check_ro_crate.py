# /// script
# requires-python = ">=3.11"
# dependencies = ["roc-validator==0.13.0", "rocrate==0.14.0"]
# ///
"""Validates an RO-Crate against Process Run Crate 0.5 and RO-Crate 1.1, which it extends.

    cargo run --release -- export DIR --ro-crate
    uv run scripts/check_ro_crate.py DIR

Prints what does not hold of the REQUIRED and RECOMMENDED checks of both; exit code 1 if a REQUIRED one does not. Then
compares sizes and SHA-256 with the files. No network: the JSON-LD context of RO-Crate 1.1 is the copy that the package
rocrate 0.14 has (later ones have that of a later version).
"""

import argparse
import hashlib
import importlib.resources
import json
import sys
from pathlib import Path
from urllib.parse import unquote

import requests
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "process-run-crate-0.5"


class Context(requests.adapters.BaseAdapter):
    """Answers with the context."""

    def send(self, request, **_):
        content = importlib.resources.files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()
        assert json.loads(content)["@id"] == CONTEXT
        response = requests.Response()
        response.status_code = 200
        response.url = request.url
        response.request = request
        response.headers["Content-Type"] = "application/ld+json"
        response._content = content
        return response

    def close(self):
        pass


def validate(folder: Path) -> bool:
    """Prints the checks that do not hold; whether all REQUIRED ones do."""
    settings = services.ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier=PROFILE,
        requirement_severity=models.Severity.RECOMMENDED,
        no_cache=True,
    )
    HttpRequester.initialize_cache(no_cache=True)
    HttpRequester().session.mount(CONTEXT, Context())
    result = services.validate(settings)
    missed = {models.Severity.REQUIRED: [], models.Severity.RECOMMENDED: []}
    for issue in result.get_issues():
        missed[issue.severity].append(issue)
    for severity, issues in missed.items():
        checks = [check for check in result.executed_checks if check.severity == severity]
        failed = {issue.check.identifier for issue in issues}
        print(f"{severity.name}: {len(checks) - len(failed)} of {len(checks)} checks hold")
        for issue in issues:
            print(f"  {issue.check.identifier}: {issue.message} ({issue.violatingEntity})")
    return not missed[models.Severity.REQUIRED]


def compare_files(folder: Path) -> bool:
    """Whether all files of the crate are there and as described."""
    graph = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    files = [entity for entity in graph if entity["@type"] == "File"]
    wrong = 0
    for file in files:
        content = (folder / unquote(file["@id"])).read_bytes()
        found = (str(len(content)), hashlib.sha256(content).hexdigest())
        if found != (file["contentSize"], file["sha256"]):
            print(f"  {file['@id']}: not as described")
            wrong += 1
    print(f"files: {len(files) - wrong} of {len(files)} are as described")
    return wrong == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder with ro-crate-metadata.json")
    folder = parser.parse_args().folder
    holds = [validate(folder), compare_files(folder)]
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
