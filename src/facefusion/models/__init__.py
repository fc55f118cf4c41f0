"""Weights: cards with the facts, a store that finds and checks the files, sessions that run them.

Importing this room does not load ONNX Runtime; opening a session does.
"""

from facefusion.models.card import ModelCard, Task
from facefusion.models.catalog import MODELS, card_named, cards
from facefusion.models.opening import close_sessions, dead_cards, open_session
from facefusion.models.providers import PROVIDERS, Provider, ProviderWarning, available_providers, choose_providers
from facefusion.models.sessions import Session
from facefusion.models.spec import TensorSpec
from facefusion.models.store import ModelStore

__all__ = [
    "MODELS",
    "PROVIDERS",
    "ModelCard",
    "ModelStore",
    "Provider",
    "ProviderWarning",
    "Session",
    "Task",
    "TensorSpec",
    "available_providers",
    "card_named",
    "cards",
    "choose_providers",
    "close_sessions",
    "dead_cards",
    "open_session",
]
