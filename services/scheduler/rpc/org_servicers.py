"""The servicers of the organisation, for `giaoban.rpc.server.serve`."""

from collections.abc import Callable
from typing import Any

from briefing.v1 import credential_service_pb2_grpc, org_service_pb2_grpc, report_service_pb2_grpc
from giaoban.clock import Clock
from services.scheduler.domain.org_cases import OrgCases
from services.scheduler.rpc.credential import CredentialServicer, LinkCheck
from services.scheduler.rpc.org import OrgServicer
from services.scheduler.rpc.report import ReportServicer


def org_servicers(cases: OrgCases, clock: Clock, check_link: LinkCheck) -> list[tuple[Callable[..., Any], object]]:
    """Pairs of the generated function and the servicer."""
    return [
        (org_service_pb2_grpc.add_OrgServiceServicer_to_server, OrgServicer(cases, clock)),
        (
            credential_service_pb2_grpc.add_CredentialServiceServicer_to_server,
            CredentialServicer(cases.accounts, check_link),
        ),
        (report_service_pb2_grpc.add_ReportServiceServicer_to_server, ReportServicer(cases.reading)),
    ]
