/** What `uisge bridge --help` prints. Fits a screen. */
export const usage: string = `uisge bridge: HTTP in front of uwsgi sockets

Usage: uisge bridge --http ADDRESS --to NODE [options]
  --http ADDRESS         :8080 (all addresses), host:port, a path, fd://N; with
                         https:// before it by TLS; give it again for more
  --to NODE              a uwsgi socket: a path, host:port, suwsgi://...; again
                         for more: "ADDRESS [weight=N] [backup]..."
  --tls-cert FILE --tls-key FILE   HTTPS, HTTP/2; --tls-ca FILE signs clients'
  --no-http2             HTTP/1.1 alone
  --trust CIDR           a proxy in front, whose X-Forwarded-* count; "unix" for
                         those by a unix socket; --forwarded: RFC 7239 instead
  --drop-odd-headers     X_Y is left out as by nginx (default: refused)
  --upgrade PROTOCOL (websocket)   --pass-x-accel
  --var NAME=VALUE       for every request; --modifier1 N: 5 Perl, 7 Ruby
  --chmod-socket MODE (660)        --spool-folder FOLDER
  --max-body-bytes N (1 GiB)       --max-connections N (10000)
  --head-timeout SECONDS (10)      --body-timeout SECONDS (30)
  --write-timeout SECONDS (60)     --keep-alive SECONDS (75)
  --connect-timeout SECONDS (5)    --response-timeout SECONDS (60)
  --grace SECONDS (60)   for what runs at the end, WebSockets too
  --access-log KIND      on standard output: combined (default), json or off
  --log KIND             lines on standard error: text (the default) or json

Example:   uisge bridge --http :8080 --to /tmp/app.sock
Whoever reaches the address reaches the application. Exit codes: 0 stopped, 1
by an error, 64 usage, 69 in use, 73 cannot listen, 77 no permission, 78
address not valid.
`;
