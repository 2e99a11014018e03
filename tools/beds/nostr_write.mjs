// Signs events and publishes them: each line of standard input is a JSON object
// {"relays": [ADDRESS, …], "author": NUMBER, "kind", "tags", "content", "created_at"}; for each the
// id is printed once all relays have taken it, or what one of them said instead.
import { createInterface } from 'node:readline';
import { createHash } from 'node:crypto';
import { finalizeEvent } from 'nostr-tools/pure';
import WebSocket from 'ws';

const sockets = new Map();

async function connected(address) {
  if (sockets.has(address)) return sockets.get(address);
  const socket = new WebSocket(address);
  await new Promise((done, failed) => socket.on('open', done).on('error', failed));
  sockets.set(address, socket);
  return socket;
}

async function publish(address, event) {
  const socket = await connected(address);
  return new Promise(done => {
    const listen = data => {
      const [type, id, taken, why] = JSON.parse(data.toString());
      if (type !== 'OK' || id !== event.id) return;
      socket.off('message', listen);
      done(taken ? '' : `refused: ${why}`);
    };
    socket.on('message', listen);
    socket.send(JSON.stringify(['EVENT', event]));
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { relays, author, ...template } = JSON.parse(line);
  const secret = createHash('sha256').update(`author ${author}`).digest();
  const event = finalizeEvent(template, new Uint8Array(secret));
  const answers = [];
  for (const address of relays) answers.push(await publish(address, event));
  console.log(answers.find(answer => answer !== '') ?? event.id);
}
process.exit(0);
