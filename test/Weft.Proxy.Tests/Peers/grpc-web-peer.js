// The browser's gRPC-Web client, with XMLHttpRequest from a package: `PORT`. It makes the calls that stdin names, one JSON object a
// line, and answers each with one.
'use strict';
global.XMLHttpRequest = require('xhr2');
const { GrpcWebClientBase, MethodDescriptor, MethodType } = require('grpc-web');
const port = process.argv[2];
const say = (value) => process.stdout.write(JSON.stringify(value) + '\n');
const same = (bytes) => bytes;
const method = (name, type) => new MethodDescriptor(`/weft.test.Echo/${name}`, type, Object, Object, same, same);
const url = (name) => `http://127.0.0.1:${port}/weft.test.Echo/${name}`;
const outcome = (error, rest) => say({ code: error ? error.code : 0, details: error ? error.message : '', ...rest });

require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const task = JSON.parse(line);
  const client = new GrpcWebClientBase({ format: task.format });
  if (task.call === 'many') {
    let count = 0, ordered = true, failed = null, said = false;
    const stream = client.serverStreaming(url('Many'), new Uint8Array([task.tens]), {}, method('Many', MethodType.SERVER_STREAMING));
    const end = () => { if (!said) { said = true; outcome(failed, { count, ordered }); } };
    stream.on('data', (message) => { ordered = ordered && message.length === count++; });
    stream.on('error', (error) => { failed = error; end(); });
    stream.on('end', end);
    return;
  }
  const name = { unary: 'Unary', fail: 'Fail', nothing: 'Nothing' }[task.call];
  const sent = new Uint8Array(task.bytes ?? 0).fill(7);
  let trailer = '', head = '';
  const made = client.rpcCall(url(name), sent, { 'x-in': 'yes' }, method(name, MethodType.UNARY), (error, answer) => {
    setTimeout(() => outcome(error, { same: !error && Buffer.from(sent).equals(Buffer.from(answer)), head, trailer }), 0);
  });
  made.on('metadata', (metadata) => { head = head || metadata['x-head'] || ''; });
  made.on('status', (status) => { trailer = trailer || (status.metadata && status.metadata['x-trailer']) || ''; });
}).on('close', () => process.exit(0));
say({ event: 'ready' });
