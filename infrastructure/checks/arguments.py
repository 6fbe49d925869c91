"""Every resource, data source, block and argument in the Terraform files, against the provider's schema. Needs no Terraform.

Usage: arguments.py ARCHIVE FOLDER ...: the archive of @cdktf/provider-aws, and folders to look into.

It knows names and what is required, not types: `terraform validate` with provider.py does, where there is a Terraform.
"""

import sys
from pathlib import Path

import hcl2
import schema

META = {"count", "depends_on", "for_each", "lifecycle", "provider"}


def main(archive, *folders):
    paths = sorted(path for folder in folders for path in Path(folder).rglob("*.tf"))
    files = {path: hcl2.loads(path.read_text()) for path in paths}
    kinds = {section: {kind for file in files.values() for kind, *_ in blocks(file, section)} for section in ("resource", "data")}
    known = schema.load(archive, kinds["resource"], kinds["data"])
    findings, count = [], 0
    for path, file in files.items():
        for section in ("resource", "data"):
            for kind, name, body in blocks(file, section):
                count += 1
                place = f"{path}: {section} {kind}.{name}"
                block = known.get((section, kind))
                findings += check(place, block, body) if block else [f"{place}: the provider has no {section} `{kind}`"]
    for finding in findings:
        print(finding)
    print(f"{count} resources and data sources in {len(files)} files, {len(findings)} findings")
    return 1 if findings or not count else 0


def blocks(file, section):
    for entry in file.get(section, []):
        for kind, named in entry.items():
            for name, body in named.items():
                yield kind, name, body


def check(place, block, body):
    """What a block says that the schema does not know, and what it has to say and does not."""
    given = {name: value for name, value in body.items() if not name.startswith("__") and name not in META}
    for dynamic in given.pop("dynamic", []):
        for name, generated in dynamic.items():
            given.setdefault(name, []).extend(generated["content"])
    findings = []
    for name, value in given.items():
        if name in block.blocks:
            for inner in value if isinstance(value, list) else [value]:
                findings += check(f"{place}: {name}", block.blocks[name].block, inner)
        elif name not in block.attributes or block.attributes[name].computed:
            findings.append(f"{place}: there is no argument `{name}`")
    required = [name for name, attribute in block.attributes.items() if attribute.required]
    required += [name for name, nested in block.blocks.items() if nested.required]
    return findings + [f"{place}: `{name}` is missing" for name in required if name not in given]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
