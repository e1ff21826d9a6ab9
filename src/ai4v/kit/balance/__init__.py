"""Which instance of a service gets the next request, and which are left out for a while."""

from ai4v.kit.balance.balancer import Balancer, InstanceSource, ServiceState
from ai4v.kit.balance.breaker import BreakerState, CircuitOpenError
from ai4v.kit.balance.observer import BalanceObserver, SilentObserver
from ai4v.kit.balance.policy import BalancePolicy, Failure, Strategy
from ai4v.kit.balance.turn import Turn, TurnSource

__all__ = [
    "BalanceObserver",
    "BalancePolicy",
    "Balancer",
    "BreakerState",
    "CircuitOpenError",
    "Failure",
    "InstanceSource",
    "ServiceState",
    "SilentObserver",
    "Strategy",
    "Turn",
    "TurnSource",
]
