"""WordPress with MariaDB and PHP's own web server, in a folder of its own, on a free loopback port.

    with WordPress(folder) as blog:
        blog.url                        # "http://127.0.0.1:…"
        tag = blog.post("tags", name="OpenDay")["id"]
        blog.post("posts", title="…", content="…", status="publish", tags=[tag])
        blog.php("wp_trash_comment(7);")

All state lies in the folder: nothing of the system's configuration is read or changed.
"""

import base64
import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import urllib.parse

import server

_START_S_MAX = 60
_SOURCE = pathlib.Path("/usr/share/wordpress")
_KEYS = ("AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY",
         "AUTH_SALT", "SECURE_AUTH_SALT", "LOGGED_IN_SALT", "NONCE_SALT")

_ROUTER = r"""<?php
$root = $_SERVER['DOCUMENT_ROOT'];
$file = $root . urldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
if (is_dir($file)) $file = rtrim($file, '/') . '/index.php';
if (is_file($file) && substr($file, -4) !== '.php') return false;
if (!is_file($file)) $file = "$root/index.php";
$_SERVER['SCRIPT_FILENAME'] = $file;
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = substr($file, strlen($root));
chdir(dirname($file));
require $file;
"""

# Sends no mail, lets anybody comment at once, and prints the application password of `admin`.
_INSTALL = r"""
function wp_new_blog_notification() {}
define('WP_INSTALLING', true);
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Test blog', 'admin', 'admin@example.test', true, '', 'pw-12345678');
update_option('permalink_structure', '/%year%/%postname%/');
update_option('thread_comments', 1);
update_option('comment_moderation', 0);
update_option('comment_previously_approved', 0);
update_option('comments_notify', 0);
update_option('moderation_notify', 0);
global $wp_rewrite;
$wp_rewrite->init();
flush_rewrite_rules(false);
[$password] = WP_Application_Passwords::create_new_application_password(1, ['name' => 'test']);
echo $password;
"""


class Refused(RuntimeError):
    """WordPress answered with an error: `status`, and its `code`."""

    def __init__(self, status, code, text):
        super().__init__(f"{status} {code}: {text[:300]}")
        self.status = status
        self.code = code


class WordPress:
    """A blog in `folder`, which is made. via: the port that its addresses name (a proxy's)."""

    user = "admin"

    def __init__(self, folder, port=None, via=None):
        self.folder = pathlib.Path(folder)
        self.port = port or server.PORTS.take()
        self.url = f"http://127.0.0.1:{via or self.port}"
        self.password = ""
        self._root = self.folder / "wp"
        self._socket = self.folder / "s"
        self.database = server.Server(
            "MariaDB",
            ["mariadbd", "--no-defaults", f"--datadir={self.folder}/data",
             f"--socket={self._socket}", "--skip-networking", f"--pid-file={self.folder}/pid",
             "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M",
             "--innodb-flush-log-at-trx-commit=0", "--performance-schema=OFF"],
            self.folder / "mariadb-log", user_nobody=True)
        # One process: PHP's workers would outlive their parent.
        self.process = server.Server(
            "WordPress",
            ["php", "-d", "display_errors=0", "-S", f"127.0.0.1:{self.port}", "-t", self._root,
             self.folder / "router.php"],
            self.folder / "php-log")

    # Life
    def start(self):
        for program, package in (("mariadbd", "mariadb-server"), ("php", "php-cli php-mysql")):
            if shutil.which(program, path="/usr/sbin:/usr/bin:/bin") is None:
                raise server.BedError(f"{program} is not here: install Debian's {package}")
        if not _SOURCE.is_dir():
            raise server.BedError("WordPress is not here: install Debian's package wordpress")
        try:
            new = not self._root.exists()
            if new:
                self._make()
            self.database.start()
            self.database.wait(self._database_answers, _START_S_MAX)
            if new:
                self._install()
            self.process.start()
            self.process.wait(self._answers, _START_S_MAX)
        except BaseException:
            self.kill()
            raise
        return self

    def _make(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        server.give_to_nobody(self.folder)
        server.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={self.folder}/data",
             "--auth-root-authentication-method=normal", "--skip-test-db"],
            self.folder / "install-log", "mariadb-install-db", user_nobody=True)
        shutil.copytree(_SOURCE, self._root)
        keys = "".join(f"define('{key}', 'test-{key}');\n" for key in _KEYS)
        config = self._root / "wp-config.php"
        config.unlink(missing_ok=True)  # Debian's reads the system's configuration
        config.write_text(f"""<?php
define('DB_NAME', 'wordpress'); define('DB_USER', 'wp'); define('DB_PASSWORD', 'wp');
define('DB_HOST', 'localhost:{self._socket}'); define('DB_CHARSET', 'utf8mb4');
define('WP_HOME', '{self.url}'); define('WP_SITEURL', '{self.url}');
define('WP_ENVIRONMENT_TYPE', 'local'); // application passwords over http
define('DISABLE_WP_CRON', true); define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
{keys}$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
""", encoding="utf-8")
        (self.folder / "router.php").write_text(_ROUTER, encoding="utf-8")

    def _install(self):
        self.sql("CREATE DATABASE wordpress CHARACTER SET utf8mb4;"
                 "CREATE USER wp@localhost IDENTIFIED BY 'wp';"
                 "GRANT ALL ON wordpress.* TO wp@localhost")
        self.password = self._run_php(_INSTALL).strip().splitlines()[-1]
        # Taxonomies learn of the addresses' form when WordPress is loaded again.
        self.php("flush_rewrite_rules(false);")

    def _database_answers(self):
        return subprocess.run(
            ["mariadb-admin", "--no-defaults", "-u", "root", "-S", self._socket, "ping"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            check=False).returncode == 0

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                pass
            return self.get("") is not None
        except (OSError, http.client.HTTPException, Refused):
            return False

    def kill(self):
        self.process.kill()
        self.database.kill()

    def stop(self):
        self.process.stop()
        self.database.stop()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        # Nobody will use the data again: no reason to be slow.
        self.kill()

    # What tests ask and do
    def sql(self, text):
        return subprocess.run(
            ["mariadb", "--no-defaults", "-S", self._socket, "-u", "root", "-N", "-e", text],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
            check=True).stdout

    def php(self, code):
        """Runs code within WordPress, as an administrator's plugin would."""
        return self._run_php(f"require $argv[1] . '/wp-load.php'; wp_set_current_user(1); {code}")

    def _run_php(self, code):
        address = urllib.parse.urlsplit(self.url)
        before = f"""$_SERVER += ['HTTP_HOST' => '{address.netloc}', 'SERVER_NAME' => '127.0.0.1',
            'REQUEST_URI' => '/', 'REQUEST_METHOD' => 'GET', 'SERVER_PROTOCOL' => 'HTTP/1.1'];"""
        done = subprocess.run(
            ["php", "-d", "display_errors=stderr", "-r", before + code, "--", str(self._root)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise server.BedError(f"php failed ({done.returncode}): {done.stdout}{done.stderr}")
        return done.stdout

    def get(self, path, auth=False):
        return self._call("GET", path, None, auth)

    def post(self, path, **fields):
        """Makes or changes: post("comments/7", content="…")."""
        return self._call("POST", path, fields, True)

    def delete(self, path, force=False):
        """To the trash; with `force` for good."""
        return self._call("DELETE", f"{path}?force={str(force).lower()}", None, True)

    def _call(self, method, path, fields, auth):
        # Past any proxy.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json",
                   "Host": urllib.parse.urlsplit(self.url).netloc}
        if auth:
            pair = f"{self.user}:{self.password}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        try:
            connection.request(method, "/wp-json/" + (f"wp/v2/{path}" if path else ""),
                               json.dumps(fields) if fields is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 300:
            try:
                code = json.loads(text).get("code", "")
            except ValueError:
                code = ""
            raise Refused(answer.status, code, text)
        return json.loads(text)
