"""What a test wrote goes when it has passed: a server preallocates 32 MB a core for its scans, and pytest keeps three runs."""
import shutil

import pytest


@pytest.fixture(autouse=True)
def left_behind(request, tmp_path):
    failures = request.session.testsfailed
    yield
    if request.session.testsfailed == failures:
        shutil.rmtree(tmp_path, ignore_errors=True)  # what a server that was killed left running may still be going
