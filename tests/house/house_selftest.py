#!/usr/bin/env python3
"""Each rule of house.py, held against a tree that breaks it and one that does not."""

import pathlib
import subprocess
import tempfile
import unittest

import house

PRAGMA = "#pragma once\n"


class HouseTest(unittest.TestCase):
    def breaches(self, rule, files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            subprocess.run(["git", "init", "-q", folder], check=True)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return house.check(root, [rule])

    def test_stages(self):
        for name, header, allowed in [
            ("base/a.h", "model/post.h", False),
            ("model/a.cpp", "base/result.h", True),
            ("model/a.cpp", "model/post.h", True),
            ("config/a.cpp", "model/post.h", True),
            ("model/a.cpp", "config/settings.h", False),
            ("replay/a.cpp", "sink/loop.h", False),
            ("replay/a.cpp", "config/settings.h", False),
            ("sink/a.cpp", "store/timeline_store.h", True),
            ("ingest/a.cpp", "tests/test_data.h", False),
            ("app/a.cpp", "config/settings.h", True),
            ("tests/base/a.cpp", "replay/feed.h", True),
            ("base/a.cpp", "spdlog/spdlog.h", True),
            ("elsewhere/a.cpp", "base/result.h", False),
        ]:
            with self.subTest(name=name, header=header):
                found = self.breaches("stages", {name: f'#include "{header}"\n'})
                self.assertEqual(found == [], allowed, found)

    def test_libraries(self):
        for name, header, allowed in [
            ("model/post_json.cpp", "rapidjson/reader.h", True),
            ("model/post_json.h", "rapidjson/reader.h", False),
            ("model/post.cpp", "rapidjson/reader.h", False),
            ("stream/kafka_reader.cpp", "librdkafka/rdkafka.h", True),
            ("stream/embedded_log.cpp", "librdkafka/rdkafka.h", False),
            ("stream/embedded_log.cpp", "SQLiteCpp/Database.h", True),
            ("store/sqlite_store.cpp", "sqlite3.h", True),
            ("store/schema.cpp", "sqlite3.h", False),
            ("store/postgres_store.cpp", "libpq-fe.h", True),
            ("store/sqlite_store.cpp", "libpq-fe.h", False),
            ("replay/http_server.cpp", "boost/beast/core.hpp", True),
            ("replay/http_server.h", "boost/beast/core.hpp", False),
            ("replay/http_server.h", "boost/asio/io_context.hpp", True),
            ("sink/sink_loop.cpp", "boost/asio/io_context.hpp", False),
            ("tests/model/post_test.cpp", "rapidjson/document.h", False),
            ("tests/replay/openapi_json_test.cpp", "rapidjson/document.h", True),
            ("ingest/http.cpp", "boost/beast/core.hpp", False),
            ("ingest/websocket_beast.cpp", "boost/beast/core.hpp", True),
            ("ingest/websocket_beast.h", "boost/beast/core.hpp", False),
            ("ingest/http.cpp", "boost/url/url.hpp", True),
            ("config/settings_toml.cpp", "toml++/toml.h", True),
            ("app/main.cpp", "toml++/toml.h", False),
            ("app/main.cpp", "CLI/CLI.hpp", True),
            ("app/commands.h", "CLI/CLI.hpp", False),
        ]:
            with self.subTest(name=name, header=header):
                found = self.breaches("libraries", {name: f"#include <{header}>\n"})
                self.assertEqual(found == [], allowed, found)

    def test_length(self):
        self.assertEqual(self.breaches("length", {"base/a.cpp": "int a;\n" * 400}), [])
        self.assertEqual(len(self.breaches("length", {"base/a.cpp": "int a;\n" * 401})), 1)

    def test_pragma(self):
        self.assertEqual(self.breaches("pragma", {"base/a.h": "// What it is.\n" + PRAGMA}), [])
        self.assertEqual(len(self.breaches("pragma", {"base/a.h": "#ifndef A_H\n"})), 1)

    def test_paths(self):
        for line, allowed in [
            ("see /home/ana/latecomer/dev", False),
            ("cd /root/latecomer", False),
            ('"/home/ana/latecomer"', False),
            ("data in /var/lib/latecomer", True),
            ("https://social.example/srv/7", True),
            ("tests/srv/a.txt", True),
        ]:
            with self.subTest(line=line):
                found = self.breaches("paths", {"docs/a.md": line + "\n"})
                self.assertEqual(found == [], allowed, found)

    def test_links(self):
        for line, allowed in [
            ("[a](b.md) and ![c](../LICENSE)", True),
            ("[a](b.md#part)", True),
            ("[a](#part) [b](https://social.example/gone.md)", True),
            ("[a](gone.md)", False),
            ("![a](b.png)", False),
        ]:
            with self.subTest(line=line):
                files = {"docs/a.md": line + "\n", "docs/b.md": "\n", "LICENSE": "\n"}
                found = self.breaches("links", files)
                self.assertEqual(found == [], allowed, found)

    def test_ignored_files_are_not_the_house(self):
        self.assertEqual(
            self.breaches("pragma", {".gitignore": "/build/\n", "build/a.h": "int a;\n"}), [])


if __name__ == "__main__":
    unittest.main()
