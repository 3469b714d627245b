"""`ReportService`: what happened, for the record."""

from typing import Final

from typing_extensions import override

from briefing.v1 import report_service_pb2 as pb
from briefing.v1 import report_service_pb2_grpc
from giaoban.errors import InvalidArgument
from giaoban.rpc.context import Context
from giaoban.rpc.interceptors import current_principal
from services.scheduler.domain.org_ports import Slice
from services.scheduler.domain.org_reading import OrgReading
from services.scheduler.rpc.org_convert import audit_message
from services.scheduler.rpc.org_paging import page_limit, page_slice, page_token

_DEFAULT_PAGE: Final = 100
_LARGEST_PAGE: Final = 1000


class ReportServicer(report_service_pb2_grpc.ReportServiceServicer):
    """Reports from the audit log."""

    def __init__(self, reading: OrgReading) -> None:
        self._reading = reading

    @override
    async def ListAuditEntries(
        self, request: pb.ListAuditEntriesRequest, context: Context
    ) -> pb.ListAuditEntriesResponse:
        """Lists the audit log, newest first."""
        limit = page_limit(request.page_size, _DEFAULT_PAGE, _LARGEST_PAGE)
        before = _position(page_slice(limit, request.page_token, request.resource))
        entries, more = await self._reading.list_audit_entries(current_principal(), request.resource, before, limit)
        after = (str(entries[-1].position),) if more else ()
        return pb.ListAuditEntriesResponse(
            entries=[audit_message(entry) for entry in entries], next_page_token=page_token(after, request.resource)
        )


def _position(part: Slice) -> int | None:
    if not part.after:
        return None
    if not part.after[0].isdecimal() or len(part.after[0]) > 18:  # fits 64 bits
        raise InvalidArgument("BAD_PAGE_TOKEN", "page_token is not one of ours; start anew.", field="page_token")
    return int(part.after[0])
