"""Every method of the contract names its permission, and some role can use it."""

from importlib import import_module
from pathlib import Path

import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor

from briefing.v1 import options_pb2
from giaoban.permissions import ROLES, Permission

PROTOS = Path(__file__).parents[2] / "protos" / "briefing" / "v1"


def methods() -> list[MethodDescriptor]:
    found = []
    for path in sorted(PROTOS.glob("*.proto")):
        import_module(f"briefing.v1.{path.stem}_pb2")
        file = descriptor_pool.Default().FindFileByName(f"briefing/v1/{path.name}")
        found += [method for service in file.services_by_name.values() for method in service.methods]
    return found


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.full_name)
def test_a_method_names_a_permission_that_exists(method: MethodDescriptor) -> None:
    assert method.GetOptions().Extensions[options_pb2.permission] in set(Permission)


def test_the_contract_has_methods_and_few_of_them_are_public() -> None:
    public = {m.name for m in methods() if m.GetOptions().Extensions[options_pb2.permission] == Permission.PUBLIC}

    assert len(methods()) > 40
    assert public == {"SignIn", "SignOut"}


def test_every_permission_of_people_is_held_by_a_role() -> None:
    held = frozenset[str]().union(*ROLES.values())

    assert set(Permission) - {Permission.PUBLIC, Permission.SIGNED_IN, Permission.SERVICE} <= held
