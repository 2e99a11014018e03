#!/usr/bin/env python3
"""A TLS server for tests of the HTTP client: http_tls_server.py CERT KEY PROTOCOL

PROTOCOL is what it agrees to by ALPN: "http/1.1" or "h2" (RFC 9113, as little of it as answers GET:
the request's headers are not unpacked, and the answer's are of HPACK's static table and literals).
Prints its port on 127.0.0.1. Each answer's body is "PROTOCOL CONNECTION REQUEST", in numbers from
1, so that the client can see what it shared. A request for a WebSocket is agreed to by http/1.1; then
comes a message of 40,000 times "a", and each short message of text comes back. Ends when its standard
input does.
"""

import base64
import hashlib
import os
import re
import socket
import ssl
import struct
import sys
import threading

DATA, HEADERS, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 1, 4, 6, 7, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4


def read_exactly(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def serve_h2(connection, number):
    preface = read_exactly(connection, 24)
    assert preface == b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", preface
    connection.sendall(frame(SETTINGS, 0, 0, b""))
    requests = 0
    while True:
        head = read_exactly(connection, 9)
        size = int.from_bytes(head[:3], "big")
        kind, flags = head[3], head[4]
        stream = int.from_bytes(head[5:9], "big")
        payload = read_exactly(connection, size)
        if kind == SETTINGS and not flags & ACK:
            connection.sendall(frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            connection.sendall(frame(PING, ACK, 0, payload))
        elif kind == GOAWAY:
            return
        elif kind in (HEADERS, CONTINUATION) and flags & END_HEADERS:
            requests += 1
            body = f"h2 {number} {requests}".encode()
            # ":status: 200" is entry 8; "x-a: b" a literal that is not indexed (RFC 7541).
            headers = b"\x88" + b"\x00\x03x-a\x01b"
            connection.sendall(frame(HEADERS, END_HEADERS, stream, headers) +
                               frame(DATA, END_STREAM, stream, body))


def serve_websocket(connection, head):
    key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head).group(1)
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    long = b"a" * 40_000
    connection.sendall(b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" +
                       struct.pack(">BBH", 0x81, 126, len(long)) + long)
    while True:
        kind, size = read_exactly(connection, 2)
        mask = read_exactly(connection, 4)
        data = bytes(c ^ mask[i % 4] for i, c in enumerate(read_exactly(connection, size & 127)))
        connection.sendall(bytes([kind, len(data)]) + data)
        if kind == 0x88:
            return


def serve_http1(connection, number):
    requests = 0
    buffer = b""
    while True:
        while b"\r\n\r\n" not in buffer:
            more = connection.recv(65536)
            if not more:
                return
            buffer += more
        head, buffer = buffer.split(b"\r\n\r\n", 1)
        if b"websocket" in head:
            return serve_websocket(connection, head)
        requests += 1
        body = f"http/1.1 {number} {requests}".encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def serve(context, raw, number):
    try:
        with context.wrap_socket(raw, server_side=True) as connection:
            if connection.selected_alpn_protocol() == "h2":
                serve_h2(connection, number)
            else:
                serve_http1(connection, number)
    except (OSError, EOFError):
        pass  # the client has left, or does not trust us


def accept(listener, context):
    number = 0
    while True:
        raw, _ = listener.accept()
        number += 1
        threading.Thread(target=serve, args=(context, raw, number), daemon=True).start()


def main():
    cert, key, protocol = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.set_alpn_protocols([protocol])
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=accept, args=(listener, context), daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
