"""What other leads, and what became of this one, say of it."""

from __future__ import annotations

from collections.abc import Iterator

from audits.model.said import say
from audits.model.truth import Known, Neighbours, Signal
from audits.statistics.shares import wilson
from audits.truth.weights import signal

#: So many other leads with the same payload within a day are no chance. Ours.
IDENTICAL = 2
#: So many other leads of one subnet within a day: PulseGate adds points from the third submission on; firms and
#: schools share an address, so ours is higher.
OF_SUBNET = 5
#: Fewer leads alike that were reached say nothing of the others. Ours.
LEAST_REACHED = 5
#: Under another name so often is no slip of the pen. Ours.
OTHER_NAMES = 2


def said_by_template(reached: int, denied: int) -> str | None:
    """The code of the signal that leads alike give when `denied` of `reached` had asked for nothing; "" where either
    may be so, None where too few were reached to say anything."""
    if reached < LEAST_REACHED:
        return None
    low, high = wilson(denied, reached)
    return "cluster_denied" if low > 0.5 else "cluster_accepts" if high < 0.5 else ""


def neighbour_signals(neighbours: Neighbours) -> Iterator[Signal]:
    """What the leads around it say of a lead. A burst that the account has explained says nothing."""
    others, subnet, alike = neighbours.identical_24h, neighbours.subnet_24h, neighbours.template
    if not neighbours.burst_explained:
        if others is not None and others >= IDENTICAL:
            said = say("{n} other leads of a day hold the same words.", n=others)
            yield signal("identical_burst", said, field="message", value=str(others))
        if subnet is not None and subnet >= OF_SUBNET:
            said = say("{n} other leads came from the same part of the net within a day.", n=subnet)
            yield signal("subnet_velocity", said, field="ip", value=str(subnet))
    reached, denied = neighbours.template_reached, neighbours.template_denied
    if alike is not None:
        code = said_by_template(reached, denied)
        if code:
            said = say(
                "Of {alike} leads alike {reached} were reached, and {denied} of them had asked for nothing.",
                alike=alike,
                reached=reached,
                denied=denied,
            )
            yield signal(code, said, field="source_detail", value=f"{denied} of {reached}")
    names = neighbours.returns_under_names
    if names is not None and names >= OTHER_NAMES:
        said = say("The same number, address or device came under {n} other names.", n=names)
        yield signal("probe_returns", said, field="name", value=str(names))


def known_signals(known: Known) -> Iterator[Signal]:
    """What the CRM says of a lead. What it does not say is no signal."""
    if known.is_client:
        said = say("Was a client when the lead came.")
        yield signal("existing_client", said, field="history", value="client")
    if known.denied:
        said = say("Who was reached said that he had asked for nothing.")
        yield signal("denied", said, field="history", value="denied")
    if known.wrong_number:
        said = say("Who answered the number was somebody else.")
        yield signal("wrong_number", said, field="phone", value="wrong_number")
    if known.confirmed:
        said = say("Came to a meeting, or wrote after we had turned to him.")
        yield signal("confirmed", said, field="history", value="confirmed")
    elif known.reached:
        yield signal("reached", say("Was reached."), field="history", value="reached")
