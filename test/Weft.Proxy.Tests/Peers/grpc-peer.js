// Node's gRPC as a peer: `server` serves the calls of EchoService and says on stdout what happens to them; `client PORT` makes the
// calls that stdin names, one JSON object a line, and answers each with one.
'use strict';
const grpc = require('@grpc/grpc-js');
const say = (value) => process.stdout.write(JSON.stringify(value) + '\n');
const same = (bytes) => bytes;
const method = (name, requestStream, responseStream) => ({
  path: `/weft.test.Echo/${name}`, requestStream, responseStream,
  requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same,
});
const service = {
  Unary: method('Unary', false, false), Many: method('Many', false, true), Sum: method('Sum', true, false), Talk: method('Talk', true, true),
  Fail: method('Fail', false, false), Hang: method('Hang', false, false), Nothing: method('Nothing', false, false),
};

function serve() {
  const { Nothing, ...served } = service;
  const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(served, {
    Unary(call, answer) {
      const given = call.metadata.get('x-in')[0] ?? '';
      const head = new grpc.Metadata();
      head.set('x-head', given);
      call.sendMetadata(head);
      const trailers = new grpc.Metadata();
      trailers.set('x-trailer', given);
      answer(null, call.request, trailers);
    },
    async Many(call) {
      for (let i = 0; i < call.request[0] * 10; i++) {
        if (!call.write(Buffer.alloc(i))) await new Promise((go) => call.once('drain', go));
      }
      call.end();
    },
    Sum(call, answer) {
      let sum = 0;
      call.on('data', (message) => { sum += message.length; });
      call.on('end', () => { const bytes = Buffer.alloc(4); bytes.writeInt32LE(sum); answer(null, bytes); });
    },
    Talk(call) {
      call.on('data', (message) => call.write(message));
      call.on('end', () => call.end());
    },
    Fail(call, answer) { answer({ code: grpc.status.FAILED_PRECONDITION, details: 'not like this, é' }); },
    Hang(call) {
      const deadline = call.getDeadline();
      say({ event: 'hanging', left: deadline === Infinity ? -1 : deadline - Date.now() });
      call.on('cancelled', () => say({ event: 'cancelled' }));
    },
  });
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => say({ event: 'port', port, error: error && String(error) }));
}

function call(port) {
  const Client = grpc.makeGenericClientConstructor(service, 'Echo');
  const open = new Map();
  const client = (to) => {
    if (!open.has(to)) open.set(to, new Client(`127.0.0.1:${to}`, grpc.credentials.createInsecure(), { 'grpc.max_receive_message_length': -1, 'grpc.enable_http_proxy': 0 }));
    return open.get(to);
  };
  const soon = () => ({ deadline: Date.now() + 20000 });
  const outcome = (error, rest) => say({ code: error ? error.code : 0, details: error ? error.details : '', ...rest });
  const calls = {
    unary(task, to) {
      const metadata = new grpc.Metadata();
      metadata.set('x-in', 'yes');
      let head = '', trailer = '';
      const sent = Buffer.alloc(task.bytes, 7);
      const made = to.Unary(sent, metadata, soon(), (error, answer) => setImmediate(() => outcome(error, { same: !error && sent.equals(answer), head, trailer })));
      made.on('metadata', (metadata) => { head = metadata.get('x-head')[0]; });
      made.on('status', (status) => { trailer = status.metadata.get('x-trailer')[0]; });
    },
    many(task, to) {
      let count = 0, ordered = true;
      const made = to.Many(Buffer.from([task.tens]), soon());
      made.on('data', (message) => { ordered = ordered && message.length === count++; });
      made.on('error', () => {});
      made.on('status', (status) => outcome(status.code ? status : null, { count, ordered }));
    },
    sum(task, to) {
      const made = to.Sum(soon(), (error, answer) => outcome(error, { sum: error ? -1 : answer.readInt32LE(0) }));
      for (let i = 0; i < task.count; i++) made.write(Buffer.alloc(task.bytes));
      made.end();
    },
    talk(task, to) {
      let count = 0;
      const made = to.Talk(soon());
      made.on('data', () => { if (++count < task.count) made.write(Buffer.from([count & 255])); else made.end(); });
      made.on('error', () => {});
      made.on('status', (status) => outcome(status.code ? status : null, { count }));
      made.write(Buffer.from([0]));
    },
    fail(task, to) { to.Fail(Buffer.alloc(0), soon(), (error) => outcome(error)); },
    nothing(task, to) { to.Nothing(Buffer.alloc(0), soon(), (error) => outcome(error)); },
    deadline(task, to) { to.Hang(Buffer.alloc(0), { deadline: Date.now() + task.ms }, (error) => outcome(error)); },
    hang(task, to) { hanging = to.Hang(Buffer.alloc(0), soon(), (error) => outcome(error)); },
    cancel() { hanging.cancel(); },
  };
  let hanging;
  require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const task = JSON.parse(line);
    calls[task.call](task, client(task.port ?? port));
  }).on('close', () => process.exit(0));
  say({ event: 'ready' });
}

if (process.argv[2] === 'server') {
  serve();
  process.stdin.on('close', () => process.exit(0)).resume();
} else {
  call(Number(process.argv[3]));
}
