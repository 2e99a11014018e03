// A relay of Nostr on loopback, in memory: nostr.mjs PORT. Prints READY and its port.
//
// @nostr-relay/core, with what it leaves out: deletions (kind 5) are kept and given to who asks for
// them, as NIP-09 wants; nothing is done to what they delete, as many relays do.
import core from '@nostr-relay/core';
import sqlite from '@nostr-relay/event-repository-sqlite';
import val from '@nostr-relay/validator';
import { verifyEvent } from 'nostr-tools/pure';
import { matchFilters as matches } from 'nostr-tools/filter';
import { WebSocketServer } from 'ws';

const events = new sqlite.EventRepositorySqlite();
await events.init();
const relay = new core.NostrRelay(events);
const check = new val.Validator();
const deletions = [];
const listeners = new Map(); // socket -> subscription -> filters

function wantsDeletions(filters) {
  return filters.some(filter => !filter.kinds || filter.kinds.includes(5));
}

async function handle(socket, data) {
  const message = JSON.parse(data);
  const [type, name] = message;
  if (type === 'EVENT' && message[1].kind === 5) {
    const event = message[1];
    if (!verifyEvent(event)) return socket.send(JSON.stringify(['OK', event.id, false, 'invalid: not signed']));
    deletions.push(event);
    for (const [other, subscriptions] of listeners) {
      for (const [subscription, filters] of subscriptions) {
        if (matches(filters, event)) other.send(JSON.stringify(['EVENT', subscription, event]));
      }
    }
    return socket.send(JSON.stringify(['OK', event.id, true, '']));
  }
  if (type === 'REQ') {
    const filters = message.slice(2);
    listeners.get(socket)?.set(name, filters);
    if (wantsDeletions(filters)) {
      for (const event of deletions) {
        if (matches(filters, event)) socket.send(JSON.stringify(['EVENT', name, event]));
      }
    }
  }
  if (type === 'CLOSE') listeners.get(socket)?.delete(name);
  await relay.handleMessage(socket, await check.validateIncomingMessage(data));
}

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]) },
                                   () => console.log('READY', server.address().port));
server.on('connection', socket => {
  listeners.set(socket, new Map());
  relay.handleConnection(socket);
  socket.on('message', async data => {
    try {
      await handle(socket, data.toString());
    } catch (error) {
      socket.send(JSON.stringify(['NOTICE', error.message]));
    }
  });
  socket.on('close', () => {
    listeners.delete(socket);
    relay.handleDisconnect(socket);
  });
  socket.on('error', () => {});
});
