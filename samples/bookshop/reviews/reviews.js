// The bookshop's reviews. Node.js without packages.
//
// Listens on HOST:PORT (default 0.0.0.0:9080). VERSION is v1 (no stars), v2 (black stars) or v3 (red stars);
// v2 and v3 ask the ratings service (RATINGS_URL, default http://ratings:9080) for the stars.
//   GET /reviews/ID   the reviews of one book
//   GET /health       200 when it serves
'use strict';

const http = require('node:http');

const version = process.env.VERSION || 'v1';
const color = { v2: 'black', v3: 'red' }[version];
const ratingsUrl = new URL(process.env.RATINGS_URL || 'http://ratings:9080');
const proxy = process.env.http_proxy || process.env.HTTP_PROXY;
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

const texts = {
  1: [['ada', 'I would have listened to the Sirens too.'], ['grace', 'Best homecoming in literature.']],
  2: [['ada', 'Every page knows more about people than I do.'], ['linus', 'Long, and then suddenly too short.']],
  3: [['grace', 'Came for the whale, stayed for the chapter on rope.'], ['ken', 'Needs an index.']],
  4: [['ken', 'A weaver as a hero: about time.'], ['ada', 'Small, warm and exact.']],
  5: [['linus', 'Please maintain what you ship.'], ['grace', 'Written at nineteen. Nineteen!']],
  6: [['ken', 'The Morlocks did the operations work.'], ['linus', 'One weekend, one sitting.']],
};

/** Headers that tie the requests of one visitor together, whichever tracing format is in use. */
const traceHeaders = ['x-request-id', 'traceparent', 'tracestate', 'b3', 'x-b3-traceid', 'x-b3-spanid',
  'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags', 'end-user'];

function get(url, headers) {
  // As every client does that honours http_proxy: the connection goes to the proxy, the request line names the target.
  const target = proxy ? new URL(proxy) : url;
  const options = {
    host: target.hostname,
    port: target.port || 80,
    path: proxy ? url.href : url.pathname,
    headers: { ...headers, host: url.host },
    agent,
    timeout: 5000,
  };
  return new Promise((resolve, reject) => {
    const request = http.get(options, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        if (response.statusCode !== 200) return reject(new Error(`${url.host} answered ${response.statusCode}: ${text.slice(0, 200)}`));
        try { resolve(JSON.parse(text)); } catch (error) { reject(error); }
      });
    });
    request.on('timeout', () => request.destroy(new Error(`${url.host} did not answer within 5 s`)));
    request.on('error', reject);
  });
}

async function reviewsOf(id, incoming) {
  const answer = { book: Number(id), version, reviews: texts[id].map(([reviewer, text]) => ({ reviewer, text })) };
  if (!color) return answer;

  const headers = {};
  for (const name of traceHeaders) if (incoming[name]) headers[name] = incoming[name];
  try {
    const { ratings } = await get(new URL(`/ratings/${id}`, ratingsUrl), headers);
    for (const review of answer.reviews) review.rating = { stars: ratings[review.reviewer], color };
  } catch (error) {
    answer.error = `The ratings are not available: ${error.message}`;
  }
  return answer;
}

function reply(response, status, value) {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

const server = http.createServer(async (request, response) => {
  const path = request.url.split('?')[0];
  const match = /^\/reviews\/(\d+)$/.exec(path);
  if (path === '/health') return reply(response, 200, { status: 'ok', version });
  if (!match || !texts[match[1]]) return reply(response, 404, { error: `there is nothing at ${path}` });
  reply(response, 200, await reviewsOf(match[1], request.headers));
});

const host = process.env.HOST || '0.0.0.0';
const port = Number(process.env.PORT || 9080);
server.keepAliveTimeout = 75000;
server.listen(port, host, () => console.log(`reviews ${version} listens on ${host}:${port}`));
server.on('error', (error) => { console.error(error.message); process.exit(1); });
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
