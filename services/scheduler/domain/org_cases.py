"""All use cases of the organisation, over one store."""

from dataclasses import dataclass

from services.scheduler.domain.accounts import Accounts
from services.scheduler.domain.directory import Directory
from services.scheduler.domain.directory_search import DirectorySearch
from services.scheduler.domain.org_import import OrgImport
from services.scheduler.domain.org_ports import OrgStore, Readdresser
from services.scheduler.domain.org_reading import OrgReading
from services.scheduler.domain.organisation import Organisation
from services.scheduler.domain.passwords import PasswordHasher


@dataclass(frozen=True, slots=True)
class OrgCases:
    """What servicers and booking call."""

    organisation: Organisation
    reading: OrgReading
    importing: OrgImport
    search: DirectorySearch
    directory: Directory
    accounts: Accounts


def org_cases(store: OrgStore, hasher: PasswordHasher, readdresser: Readdresser) -> OrgCases:
    """Puts the use cases together."""
    return OrgCases(
        organisation=Organisation(store, hasher, readdresser),
        reading=OrgReading(store),
        importing=OrgImport(store, readdresser),
        search=DirectorySearch(store),
        directory=Directory(store),
        accounts=Accounts(store, hasher),
    )
