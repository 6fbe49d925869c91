"""What the AWS provider for Terraform knows: resources, data sources, their arguments, blocks and types.

The npm package @cdktf/provider-aws is made from the provider's own schema and states it whole, as declarations of
TypeScript. This reads the declarations of the wanted kinds out of the package's archive: no registry of Terraform is needed,
and none of the package's code is run.
"""

import re
import tarfile
from dataclasses import dataclass, field


@dataclass
class Attribute:
    """An argument, or something that is only known afterwards."""

    type: object
    required: bool = False
    computed: bool = False


@dataclass
class Nested:
    """A block in a block."""

    block: "Block"
    single: bool
    required: bool


@dataclass
class Block:
    attributes: dict = field(default_factory=dict)
    blocks: dict = field(default_factory=dict)


SIMPLE = {
    "string": "string",
    "number": "number",
    "boolean | cdktf.IResolvable": "bool",
    "string[]": ["list", "string"],
    "number[]": ["list", "number"],
    "{ [key: string]: string; }": ["map", "string"],
    "{ [key: string]: number; }": ["map", "number"],
    "{ [key: string]: (boolean | cdktf.IResolvable); }": ["map", "bool"],
}

# As getters have them.
KNOWN_AFTERWARDS = {"cdktf.IResolvable": "bool", "cdktf.StringMap": ["map", "string"], "cdktf.NumberMap": ["map", "number"]}

INTERFACE = re.compile(r"export interface (\w+)[^{]*\{(.*?)\n\}", re.DOTALL)
FIELD = re.compile(r"/\*\*(.*?)\*/\s*readonly (\w+)(\??): (.*?);\n(?=    /\*\*|\Z|    readonly)", re.DOTALL)
CLASS = re.compile(r"export declare class (\w+) extends cdktf\.Terraform(?:Resource|DataSource|Provider) \{(.*?)\n\}", re.DOTALL)
GETTER = re.compile(r"    get (\w+)\(\): ([^;]+);")


def folder(kind, is_data):
    """Where the package has a kind: `data-aws-region` for the data source `aws_region`."""
    name = kind.removeprefix("aws_").replace("_", "-")
    return f"data-aws-{name}" if is_data else name


def load(archive, resources, data):
    """The blocks of these resources and data sources, and of the provider itself. What is not there is left out."""
    wanted = {folder(kind, False): ("resource", kind) for kind in resources}
    wanted |= {folder(kind, True): ("data", kind) for kind in data}
    wanted["provider"] = ("provider", "aws")
    texts = {}
    with tarfile.open(archive, "r:gz") as files:
        for member in files:
            parts = member.name.split("/")
            if parts[:2] == ["package", "lib"] and parts[2] in wanted and parts[-1].endswith(".d.ts"):
                text = files.extractfile(member).read().decode()
                texts[parts[2]] = texts.get(parts[2], "") + text
    return {wanted[name]: read(text) for name, text in texts.items()}


def read(text):
    """The block that one folder's declarations describe."""
    interfaces = {name: body for name, body in INTERFACE.findall(text)}
    name, body = CLASS.search(text).groups()
    block = of_interface(interfaces, f"{name}Config")
    for camel, kind in GETTER.findall(body):
        snake = re.sub(r"([A-Z])", lambda letter: "_" + letter[0].lower(), camel)
        if not camel.endswith("Input") and snake not in block.attributes and snake not in block.blocks:
            kind = SIMPLE.get(kind) or KNOWN_AFTERWARDS.get(kind, "dynamic")
            block.attributes[snake] = Attribute(kind, computed=True)
    return block


def of_interface(interfaces, name):
    block = Block()
    for comment, camel, optional, kind in FIELD.findall(interfaces[name] + "\n"):
        snake = re.search(r"#(\w+) ", comment)[1]
        kind = " ".join(kind.split())
        # `X[] | cdktf.IResolvable` or `X`
        nested = kind.removesuffix(" | cdktf.IResolvable")
        element = nested.removesuffix("[]")
        if element in interfaces and f"* {snake} block\n" in comment:
            inner = of_interface(interfaces, element)
            block.blocks[snake] = Nested(inner, single=not nested.endswith("[]"), required=not optional)
        else:
            block.attributes[snake] = Attribute(SIMPLE.get(kind, "dynamic"), required=not optional)
    return block
