from email import message_from_bytes, policy
from pathlib import Path

from django.core.mail import EmailMessage

from config.demo.mailbox import EmailBackend


def test_one_whole_file_a_message_in_order(tmp_path: Path) -> None:
    # conftest points DEMO_MAIL_ROOT to the test's own folder.
    messages = [EmailMessage(f"Nº {n}", "Bonjour à tous", "a@x.test", ["b@x.test"]) for n in (1, 2)]
    assert EmailBackend().send_messages(messages) == 2
    files = sorted((tmp_path / "mail").iterdir())
    read = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    assert [message["Subject"] for message in read] == ["Nº 1", "Nº 2"]
    assert read[0].get_content().strip() == "Bonjour à tous"
