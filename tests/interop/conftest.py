"""The foreign clients, installed."""

import os

import foreign
import pytest
from foreign import Peer

installer = foreign.load_installer()


@pytest.fixture(scope="session", params=sorted(installer.PEERS))
def peer(request: pytest.FixtureRequest) -> Peer:
    """Each foreign client in turn. In continuous integration one that cannot be installed is a failure, not a skip."""
    try:
        return Peer(request.param, installer.install(request.param))
    except installer.InstallError as error:
        if os.environ.get("CI"):
            pytest.fail(f"continuous integration must have the peer: {error}")
        pytest.skip(f"the peer cannot be installed here: {error}")
