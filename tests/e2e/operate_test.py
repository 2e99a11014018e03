#!/usr/bin/env python3
"""What those who run it rely on: health and metrics, settings read again, systemd's notices, doctor."""

import json
import os
import re
import signal
import socket
import urllib.error
import urllib.request

import harness
import posts

TAG = harness.TAG

EVENT = """
[[hashtag]]
name = "openday"
gap = "1h"
[[hashtag.event]]
title = "{title}"
start = 2030-01-01T00:00:00Z
end = 2030-01-02T00:00:00Z
"""


class Operate(harness.EndToEnd):
    def admin(self, port, path):
        """Status and text of the admin address."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def run_with_admin(self, text="", **options):
        port = harness.free_port()
        config = self.settings(text)
        run = self.start(
            "run", "-c", config, "--data", self.data, "--admin", f"127.0.0.1:{port}", **options
        )
        harness.wait_until(lambda: self.admin(port, "/readyz")[0] == 200, f"{run} is ready")
        return run, port, config

    def metrics(self, port):
        """{"name{labels}": value}"""
        status, text = self.admin(port, "/metrics")
        self.assertEqual(status, 200)
        found = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                found[name] = float(value)
        return found

    def total(self, port, name):
        return sum(v for k, v in self.metrics(port).items() if re.match(re.escape(name) + r"(\{|$)", k))

    def event_titles(self):
        out = self.call("sessions", "--json", "--hashtag", TAG, "--data", self.data).out
        return {json.loads(line).get("event") for line in out.splitlines()} - {None}

    def test_health_and_metrics(self):
        file = self.write("posts.jsonl", list(posts.conversation(5, 500)))
        run, port, _ = self.run_with_admin()
        self.assertEqual(self.admin(port, "/healthz")[0], 200)
        self.assertEqual(self.admin(port, "/nothing")[0], 404)
        accepted = json.loads(self.imports(file, "--json").err.splitlines()[-1])["accepted"]
        harness.wait_until(
            lambda: self.total(port, "latecomer_processor_posts_total") == accepted,
            "all posts are counted",
        )
        seen = self.metrics(port)
        self.assertIn("latecomer_build_info", " ".join(seen))
        self.assertEqual(self.total(port, "latecomer_ready"), 1)
        self.assertEqual(self.total(port, "latecomer_away"), 0)
        self.assertGreater(self.total(port, "latecomer_commit_duration_seconds_count"), 0)
        self.assertGreater(seen["process_resident_memory_bytes"], 1e6)
        written = self.total(port, "latecomer_processor_records_written_total")
        harness.wait_until(
            lambda: self.total(port, "latecomer_sink_rows_total") == written, "all rows are counted"
        )
        harness.wait_until(lambda: self.total(port, "latecomer_lag_records") == 0, "there is no lag")

    def test_settings_are_read_again(self):
        file = self.write("posts.jsonl", list(posts.conversation(5, 50)))
        run, _, config = self.run_with_admin(EVENT.format(title="first"))
        self.imports(file)
        harness.wait_until(lambda: self.event_titles() == {"first"}, "the event has its session")
        good = config.read_text()
        # A mistake changes nothing, and all are named.
        config.write_text(good.replace("first", "second") + '\nnonsense = 1\n[log]\nlevel = "loud"\n')
        run.send(signal.SIGHUP)
        harness.wait_until(lambda: "nonsense" in run.err() and "loud" in run.err(), "both are named")
        self.assertTrue(run.alive())
        self.assertEqual(self.event_titles(), {"first"})
        config.write_text(good.replace("first", "second") + '\n[stream]\nprefix = "other."\n')
        run.send(signal.SIGHUP)
        harness.wait_until(lambda: self.event_titles() == {"second"}, "the event's title changes")
        harness.wait_until(lambda: "restart" in run.err(), "the prefix needs a restart")
        self.assert_same_timeline(
            self.export(config=config).out, self.preview(file, config=config).out, "after the new settings"
        )
        self.assertLess(run.stop().seconds, harness.STOP_S_MAX + harness.SLACK_S)

    def test_systemd_hears_of_it(self):
        path = str(self.dir / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            notices.bind(path)
            notices.settimeout(20)
            heard = []

            def hear(what):
                while not any(what in one for one in heard):
                    heard.append(notices.recv(4096).decode())

            env = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1000000"}
            run, _, _ = self.run_with_admin(env=env)
            hear("READY=1")
            hear("WATCHDOG=1")
            heard.clear()
            hear("WATCHDOG=1")  # again and again
            run.send(signal.SIGHUP)
            hear("RELOADING=1")
            heard.clear()
            hear("READY=1")
            run.send(signal.SIGTERM)
            hear("STOPPING=1")
            self.assertEqual(run.wait().rc, 0)

    def findings(self, outcome):
        return {one["what"]: one for one in map(json.loads, outcome.out.splitlines())}

    def test_doctor(self):
        file = self.write("posts.jsonl", list(posts.conversation(5, 50)))
        self.imports(file)
        self.run_until_idle()
        before = sorted(os.listdir(self.data))
        well = self.findings(self.call("doctor", "--data", self.data, "--json"))
        self.assertEqual(well["stream"]["state"], "ok")
        self.assertEqual(well["store"]["state"], "ok")
        self.assertNotIn("failed", {one["state"] for one in well.values()})
        self.assertEqual(sorted(os.listdir(self.data)), before)
        self.assertIn("stream", self.call("doctor", "--data", self.data).out)
        # A broker and a database that are not there, each named with what to do.
        nowhere = harness.free_port()
        config = self.settings(
            f'[stream]\nkind = "kafka"\nbrokers = "127.0.0.1:{nowhere}"\n'
            f'[store]\nkind = "postgres"\nurl = "postgresql://127.0.0.1:{nowhere}/latecomer"\n'
        )
        ill = self.call("doctor", "-c", config, "--json", rc=1)
        failed = [one for one in self.findings(ill).values() if one["state"] == "failed"]
        self.assertEqual(len(failed), 2, ill.out)
        self.assertIn(str(nowhere), " ".join(one["found"] for one in failed))
        for one in failed:
            self.assertTrue(one["advice"], one)
        wrong = self.write("wrong.toml", "nonsense = 1\n")
        self.assertIn("nonsense", self.call("doctor", "-c", wrong, rc=2).err)


if __name__ == "__main__":
    harness.main()
