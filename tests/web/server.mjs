// A real `latecomer` with the fixture in it, on a free port, ended by its pid.
//   LATECOMER_BIN  the executable; or
//   LATECOMER_URL  a server that runs already and holds the fixture
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const kReadyMsMax = 60_000;
const kStopMsMax = 10_000;

export function available() {
  return Boolean(process.env.LATECOMER_BIN || process.env.LATECOMER_URL);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// `imports`: [{ tag, files }] read in this order; `settings`: TOML of the hashtags. Gives { url, stop }.
export async function startServer(imports, settings) {
  if (process.env.LATECOMER_URL) return { url: process.env.LATECOMER_URL.replace(/\/$/, ''), stop: async () => {} };
  const binary = process.env.LATECOMER_BIN;
  const directory = await mkdtemp(path.join(os.tmpdir(), 'latecomer-web-'));
  const port = await freePort();
  const config = path.join(directory, 'latecomer.toml');
  const data = path.join(directory, 'data');
  await writeFile(config, `[replay]\nlisten = "127.0.0.1:${port}"\n${settings}`);
  for (const { tag, files, text } of imports) {
    const names = files ?? [path.join(directory, `${tag}.jsonl`)];
    if (text !== undefined) await writeFile(names[0], text);
    await run(binary, ['import', '-c', config, '--data', data, '--hashtag', tag, ...names], { maxBuffer: 1 << 24 });
  }
  let log = '';
  const child = spawn(binary, ['run', '-c', config, '--data', data], { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { log = (log + chunk).slice(-8_000); });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), kStopMsMax);
      await ended;
      clearTimeout(timer);
    }
    await rm(directory, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitFor(url, imports.map(({ tag }) => tag), child, () => log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

// Ready: every hashtag answers, with the same number of entries twice in a row.
async function waitFor(url, tags, child, log) {
  const until = Date.now() + kReadyMsMax;
  let before = '';
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`latecomer ended with ${child.exitCode}:\n${log()}`);
    const counts = await Promise.all(tags.map((tag) => fetch(`${url}/v1/hashtags/${tag}`)
      .then((answer) => (answer.ok ? answer.json() : null)).then((body) => body?.entries ?? 0).catch(() => 0)));
    const now = counts.join();
    if (counts.every((count) => count > 0) && now === before) return;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  throw new Error(`latecomer was not ready in ${kReadyMsMax} ms:\n${log()}`);
}
