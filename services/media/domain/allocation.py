"""Shares one subscriber's line among its video subscriptions, and tells which layer a tile needs."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from services.media.domain.ports import LayerSize, Limit, SubscriptionId

# A layer in use is kept until it costs a tenth more than there is; a new one must leave a tenth free.
_KEEP: Final = 0.9
_HEADROOM: Final = 1.1
# The last picture goes only when there is less than two thirds of what it costs: estimates of low rates are rough, and an
# official who loses the picture believes the line dead.
_LAST_PICTURE_SHARE: Final = 2 / 3
_SIZE_TOLERANCE: Final = 1.1


class Option(NamedTuple):
    """A layer that can be sent now."""

    layer: int
    bitrate_bps: float


class Demand(NamedTuple):
    """A subscription with its options from the lowest layer up; never without one."""

    subscription: SubscriptionId
    priority: int
    options: tuple[Option, ...]
    current: int | None


class Allocation(NamedTuple):
    """The layer of each demand (None: paused), and what the next step up would take in all (None: all are content)."""

    layers: dict[SubscriptionId, int | None]
    next_step_bps: float | None


def allocate(budget_bps: float | None, demands: Sequence[Demand]) -> Allocation:
    """Gives everyone the lowest layer first, then the best to the highest priority.

    Within a priority all go up one step before any goes up two. `budget_bps` is what video may take; None is no bound.
    """
    # At times a larger layer of a still picture costs less than a smaller one: the dearer and worse is no choice.
    demands = [demand._replace(options=_worthwhile(demand.options)) for demand in demands]
    if budget_bps is None:
        return Allocation({demand.subscription: demand.options[-1].layer for demand in demands}, None)
    ordered = sorted(demands, key=lambda demand: -demand.priority)
    given: dict[SubscriptionId, int] = {}
    left = budget_bps
    next_cost: float | None = None
    for demand in ordered:
        cost = _cost(demand, 0)
        last_picture = demand is ordered[0] and demand.current is not None
        if cost * (_LAST_PICTURE_SHARE if last_picture else 1.0) <= left:
            left -= cost
            given[demand.subscription] = 0
        elif next_cost is None:
            next_cost = cost
    for priority in sorted({demand.priority for demand in ordered}, reverse=True):
        group = [demand for demand in ordered if demand.priority == priority and demand.subscription in given]
        left, missed = _upgrade(group, given, left)
        next_cost = missed if next_cost is None else next_cost
    layers = {
        demand.subscription: demand.options[given[demand.subscription]].layer if demand.subscription in given else None
        for demand in demands
    }
    return Allocation(layers, None if next_cost is None else budget_bps - left + next_cost)


def _worthwhile(options: tuple[Option, ...]) -> tuple[Option, ...]:
    """The options that cost less than every better one; never none."""
    kept: list[Option] = []
    for option in reversed(options):
        if not kept or option.bitrate_bps < kept[-1].bitrate_bps:
            kept.append(option)
    return tuple(reversed(kept))


def _cost(demand: Demand, index: int) -> float:
    option = demand.options[index]
    kept = demand.current is not None and option.layer <= demand.current
    return option.bitrate_bps * (_KEEP if kept else _HEADROOM)


def _upgrade(group: list[Demand], given: dict[SubscriptionId, int], left: float) -> tuple[float, float | None]:
    missed: float | None = None
    open_demands = group
    while open_demands:
        still_open: list[Demand] = []
        for demand in open_demands:
            index = given[demand.subscription]
            if index + 1 == len(demand.options):
                continue
            extra = _cost(demand, index + 1) - _cost(demand, index)
            if extra <= left:
                left -= extra
                given[demand.subscription] = index + 1
                still_open.append(demand)
            else:
                missed = extra if missed is None else min(missed, extra)
        open_demands = still_open
    return left, missed


def highest_wanted(limit: Limit, layers: int, sizes: Sequence[LayerSize]) -> int | None:
    """Answers the highest layer worth sending for a limit; None when the subscriber wants nothing."""
    if limit.disabled:
        return None
    highest = layers - 1
    if limit.max_layer is not None:
        highest = max(0, min(highest, limit.max_layer))
    if limit.width and limit.height:
        for layer, size in enumerate(sizes[:highest]):
            # Shown whole in its tile, a picture that reaches either side needs no more pixels.
            fills = size.width * _SIZE_TOLERANCE >= limit.width or size.height * _SIZE_TOLERANCE >= limit.height
            if size.width and size.height and fills:
                return layer
    return highest
