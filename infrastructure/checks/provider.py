"""A provider for `terraform validate` where no registry of Terraform is reachable: it offers the schema of the AWS provider, as
schema.py reads it, speaks Terraform's plugin protocol, and does nothing.

Terraform starts it (a `dev_overrides` entry names its folder); STAND_IN_SCHEMA names the file that this program wrote when
it was called as `provider.py ARCHIVE FILE FOLDER ...` with the archive of @cdktf/provider-aws and the Terraform files' folders.
"""

import json
import os
import pickle
import re
import sys
from pathlib import Path

import schema
import tf.provider
import tf.runner
from tf.gen import tfplugin_pb2 as protocol
from tf.gen import tfplugin_pb2_grpc as service

NESTING = protocol.Schema.NestedBlock


def main(arguments):
    if len(arguments) > 2:
        return prepare(*arguments[1:])
    tf.provider.ProviderServicer = Servicer
    tf.runner.run_provider(Named(), arguments)


def prepare(archive, target, *folders):
    """Keep what the Terraform files in these folders are about: reading the whole archive for every start takes too long."""
    text = "\n".join(path.read_text() for folder in folders for path in Path(folder).rglob("*.tf"))
    resources = set(re.findall(r'^resource "(\w+)"', text, re.MULTILINE))
    data = set(re.findall(r'^data "(\w+)"', text, re.MULTILINE))
    Path(target).write_bytes(pickle.dumps(schema.load(archive, resources, data)))


class Named:
    def full_name(self):
        return "registry.terraform.io/hashicorp/aws"


def described(block, outermost=True):
    """A block in the words of the protocol."""
    told = protocol.Schema.Block()
    for name, attribute in sorted(block.attributes.items()):
        kind = json.dumps(attribute.type).encode()
        optional = not attribute.required and not attribute.computed
        told.attributes.add(
            name=name,
            type=kind,
            required=attribute.required,
            optional=optional,
            # What is left out is known afterwards.
            computed=attribute.computed or (optional and outermost),
        )
    for name, nested in sorted(block.blocks.items()):
        told.block_types.add(
            type_name=name,
            nesting=NESTING.LIST,
            block=described(nested.block, outermost),
            min_items=int(nested.required),
            max_items=int(nested.single),
        )
    return told


class Servicer(service.ProviderServicer):
    def __init__(self, _provider=None):
        known = pickle.loads(Path(os.environ["STAND_IN_SCHEMA"]).read_bytes())
        self.answer = protocol.GetProviderSchema.Response()
        for (section, kind), block in known.items():
            told = protocol.Schema(version=0, block=described(block, outermost=section != "provider"))
            if section == "provider":
                self.answer.provider.CopyFrom(told)
            else:
                schemas = self.answer.resource_schemas if section == "resource" else self.answer.data_source_schemas
                schemas[kind].CopyFrom(told)

    def GetMetadata(self, _request, _context):
        resources = [protocol.GetMetadata.ResourceMetadata(type_name=kind) for kind in self.answer.resource_schemas]
        sources = [protocol.GetMetadata.DataSourceMetadata(type_name=kind) for kind in self.answer.data_source_schemas]
        return protocol.GetMetadata.Response(resources=resources, data_sources=sources)

    def GetProviderSchema(self, _request, _context):
        return self.answer

    def ValidateProviderConfig(self, _request, _context):
        return protocol.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, _request, _context):
        return protocol.ValidateResourceConfig.Response()

    def ValidateDataResourceConfig(self, _request, _context):
        return protocol.ValidateDataResourceConfig.Response()

    def StopProvider(self, _request, _context):
        return protocol.StopProvider.Response()


if __name__ == "__main__":
    main(sys.argv)
