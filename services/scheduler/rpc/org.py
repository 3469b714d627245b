"""`OrgService`: messages in, use cases, messages out."""

from typing import Final

from typing_extensions import override

from briefing.v1 import org_service_pb2 as pb
from briefing.v1 import org_service_pb2_grpc
from giaoban.clock import Clock
from giaoban.rpc.context import Context
from giaoban.rpc.interceptors import current_principal
from services.scheduler.domain.org_cases import OrgCases
from services.scheduler.domain.org_reading import ListQuery
from services.scheduler.domain.working_days import local_date
from services.scheduler.rpc import org_convert as convert
from services.scheduler.rpc.org_paging import page_limit, page_slice, page_token

_DEFAULT_PAGE: Final = 500
_LARGEST_PAGE: Final = 2000
_DEFAULT_FOUND: Final = 20
_MOST_FOUND: Final = 100


class OrgServicer(org_service_pb2_grpc.OrgServiceServicer):
    """Serves the organisation's books."""

    def __init__(self, cases: OrgCases, clock: Clock) -> None:
        self._cases = cases
        self._clock = clock

    @override
    async def ListUnits(self, request: pb.ListUnitsRequest, context: Context) -> pb.ListUnitsResponse:
        """Lists units in tree order."""
        question = (request.parent, request.valid_date)
        part = page_slice(_limit(request.page_size), request.page_token, *question)
        parent = convert.optional_unit(request.parent, "parent")
        day = convert.optional_date(request.valid_date, "valid_date") or local_date(self._clock.now())
        page = await self._cases.reading.list_units(current_principal(), parent, day, part)
        return pb.ListUnitsResponse(
            units=[convert.unit_message(unit) for unit in page.items], next_page_token=page_token(page.after, *question)
        )

    @override
    async def CreateUnit(self, request: pb.CreateUnitRequest, context: Context) -> pb.CreateUnitResponse:
        """Creates a unit."""
        unit = await self._cases.organisation.create_unit(current_principal(), convert.unit_of(request.unit))
        return pb.CreateUnitResponse(unit=convert.unit_message(unit))

    @override
    async def UpdateUnit(self, request: pb.UpdateUnitRequest, context: Context) -> pb.UpdateUnitResponse:
        """Changes a unit."""
        unit = convert.unit_of(request.unit)
        changed = await self._cases.organisation.update_unit(current_principal(), unit, request.unit.etag)
        return pb.UpdateUnitResponse(unit=convert.unit_message(changed))

    @override
    async def ListPoints(self, request: pb.ListPointsRequest, context: Context) -> pb.ListPointsResponse:
        """Lists points of a subtree."""
        page = await self._cases.reading.list_points(current_principal(), _query(request))
        return pb.ListPointsResponse(
            points=[convert.point_message(view) for view in page.items],
            next_page_token=page_token(page.after, request.parent, request.query),
        )

    @override
    async def CreatePoint(self, request: pb.CreatePointRequest, context: Context) -> pb.CreatePointResponse:
        """Creates a point."""
        view = await self._cases.organisation.create_point(current_principal(), convert.point_of(request.point))
        return pb.CreatePointResponse(point=convert.point_message(view))

    @override
    async def UpdatePoint(self, request: pb.UpdatePointRequest, context: Context) -> pb.UpdatePointResponse:
        """Changes a point or its line."""
        point = convert.point_of(request.point)
        view = await self._cases.organisation.update_point(current_principal(), point, request.point.etag)
        return pb.UpdatePointResponse(point=convert.point_message(view))

    @override
    async def ListPeople(self, request: pb.ListPeopleRequest, context: Context) -> pb.ListPeopleResponse:
        """Lists people of a subtree."""
        page = await self._cases.reading.list_people(current_principal(), _query(request))
        return pb.ListPeopleResponse(
            people=[convert.person_message(view) for view in page.items],
            next_page_token=page_token(page.after, request.parent, request.query),
        )

    @override
    async def CreatePerson(self, request: pb.CreatePersonRequest, context: Context) -> pb.CreatePersonResponse:
        """Creates a person."""
        person = convert.person_of(request.person)
        view = await self._cases.organisation.create_person(current_principal(), person, request.password)
        return pb.CreatePersonResponse(person=convert.person_message(view))

    @override
    async def UpdatePerson(self, request: pb.UpdatePersonRequest, context: Context) -> pb.UpdatePersonResponse:
        """Changes a person, including roles."""
        person, etag = convert.person_of(request.person), request.person.etag
        view = await self._cases.organisation.update_person(current_principal(), person, etag, request.password)
        return pb.UpdatePersonResponse(person=convert.person_message(view))

    @override
    async def ImportOrg(self, request: pb.ImportOrgRequest, context: Context) -> pb.ImportOrgResponse:
        """Reads a file of units, points and people."""
        outcome = await self._cases.importing.run(
            current_principal(),
            request.content,
            validate_only=request.validate_only,
            confirm_mails=request.confirm_mails,
        )
        return pb.ImportOrgResponse(
            unit_count=outcome.unit_count,
            point_count=outcome.point_count,
            person_count=outcome.person_count,
            readdressed_count=outcome.readdressed_count,
            problems=[convert.problem_message(problem) for problem in outcome.problems],
        )

    @override
    async def SearchDirectory(self, request: pb.SearchDirectoryRequest, context: Context) -> pb.SearchDirectoryResponse:
        """Finds units, points, people and rules by words."""
        limit = page_limit(request.page_size, _DEFAULT_FOUND, _MOST_FOUND)
        today = local_date(self._clock.now())
        entries = await self._cases.search.search(current_principal(), request.query, today, limit)
        return pb.SearchDirectoryResponse(entries=[convert.entry_message(entry) for entry in entries])


def _limit(asked: int) -> int:
    return page_limit(asked, _DEFAULT_PAGE, _LARGEST_PAGE)


def _query(request: pb.ListPointsRequest | pb.ListPeopleRequest) -> ListQuery:
    part = page_slice(_limit(request.page_size), request.page_token, request.parent, request.query)
    return ListQuery(convert.optional_unit(request.parent, "parent"), request.query, part)
