// Bluesky's own development environment: a PDS, an AppView, a directory of DIDs. Ports and the rest
// come from the environment; says READY when all of it answers.
//
// By itself it listens on all addresses, on ports of which half cannot be chosen: on loopback only.
import net from 'node:net';

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  if (/^\d+$/.test(args[0] ?? '')) {
    if (typeof args[1] !== 'string') args.splice(1, 0, '127.0.0.1');
  } else if (args[0] && typeof args[0] === 'object' && 'port' in args[0]) {
    args[0] = { ...args[0], host: '127.0.0.1' };
  }
  return listen.apply(this, args);
};

const port = (name) => Number(process.env[`BED_${name}_PORT`]);
const { TestNetwork } = await import(
  new URL(`file://${process.env.BED_MODULES}/node_modules/@atproto/dev-env/dist/index.js`)
);
await TestNetwork.create({
  pds: { port: port('PDS'), hostname: 'localhost', enableDidDocWithSession: true },
  bsky: {
    port: port('APPVIEW'),
    publicUrl: `http://localhost:${port('APPVIEW')}`,
    dbPostgresSchema: 'bsky',
  },
  plc: { port: port('PLC') },
  ozone: { port: port('OZONE') },
});
console.log('READY');
