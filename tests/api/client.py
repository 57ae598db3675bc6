"""Every operation, through a client that openapi-python-client made from the document."""

import importlib
import uuid

from rankora_client import AuthenticatedClient, models


class Caller:
    """Calls operations with one key."""

    called = set()

    def __init__(self, world, key):
        self.client = AuthenticatedClient(base_url=f"{world.url}/api/v1", token=key, raise_on_unexpected_status=True)

    def __call__(self, operation, expected, *path, status=200, **arguments):
        tag, name = operation.split(".")
        module = importlib.import_module(f"rankora_client.api.{tag}.{name}")
        answer = module.sync_detailed(*path, client=self.client, **arguments)
        assert (answer.status_code, type(answer.parsed)) == (status, expected), f"{operation}: {answer}"
        self.called.add(operation)
        return answer.parsed


def play(world):
    play = Caller(world, world.keys["secret"])
    player = uuid.uuid4()
    submission = models.Submission(name="Ada", score=9500, player_id=player)
    submitted = play("entries.submit_entry", models.Submitted, body=submission)
    assert (submitted.player_id, submitted.rank, submitted.previous_rank) == (player, 1, None)
    listed = play("entries.list_entries", models.EntryList, limit=5, player_id=player)
    assert [(entry.name, entry.score, entry.is_current_player) for entry in listed.entries] == [("Ada", 9500, True)]
    entry = play("entries.read_entry", models.PlayerEntry, player)
    assert (entry.player_id, entry.metadata, entry.leaderboard_id) == (player, None, uuid.UUID(world.board))
    assert play("leaderboard.read_leaderboard", models.Leaderboard).total_entries == 1
    assert play("account.read_usage", models.Usage).remaining_requests is None
    play("document.read_document", models.ReadDocumentResponse200)
    error = play("entries.read_entry", models.Error, uuid.uuid4(), status=404)
    assert error.code == "not_found"
    play("entries.delete_entry", models.Success, player)
    read = Caller(world, world.keys["publishable"])
    assert read("entries.submit_entry", models.Error, body=submission, status=403).code == "forbidden"
    # The generated call would wait for the stream's end, so that only its request is used.
    stream = importlib.import_module("rankora_client.api.realtime.open_stream")
    with read.client.get_httpx_client().stream(**stream._get_kwargs()) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        first = next(line for line in answer.iter_lines() if line.startswith("data:"))
        assert '"connected"' in first, first
    Caller.called.add("realtime.open_stream")


def manage(world):
    manage = Caller(world, world.keys["management"])
    new = models.NewLeaderboard(name="Weekly")
    created = manage("management.create_leaderboard", models.Leaderboard, body=new, status=201)
    changes = models.LeaderboardSettings(policy="best")
    changed = manage("management.update_leaderboard", models.Leaderboard, created.id, body=changes)
    assert changed.policy == "best"
    assert manage("management.read_leaderboard_by_id", models.Leaderboard, created.id) == changed
    assert manage("management.list_leaderboards", models.LeaderboardList).leaderboards == [changed]
    new = models.NewKey(kind="secret", label="Game")
    key = manage("management.create_key", models.ApiKey, created.id, body=new, status=201)
    listed = manage("management.list_keys", models.KeyList, created.id).keys
    assert key.key and [(other.id, other.key) for other in listed] == [(key.id, None)]
    manage("management.revoke_key", models.Success, created.id, key.id)
    assert manage("management.reset_leaderboard", models.ResetDone, created.id).removed_entries == 0
    manage("management.delete_leaderboard", models.Success, created.id)


def call_everything(world):
    """Gives how many operations were called."""
    play(world)
    manage(world)
    return len(Caller.called)
