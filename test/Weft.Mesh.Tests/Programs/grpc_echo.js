// Answers every call of gRPC with its own messages where HOST and PORT say; HTTP/2 by prior knowledge.
'use strict';
require('http2').createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/grpc', 'x-content-type': request.headers['content-type'] });
    response.addTrailers({ 'grpc-status': '0', 'grpc-message': 'echoed' });
    response.end(Buffer.concat(parts));
  });
}).listen(Number(process.env.PORT), process.env.HOST);
