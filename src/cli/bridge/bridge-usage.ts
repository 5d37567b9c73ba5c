/** What `uisge bridge --help` prints. Fits a screen. */
export const usage: string = `uisge bridge: HTTP in front of uwsgi sockets

Usage: uisge bridge --http ADDRESS --to NODE [options]
  --http ADDRESS         :8080 (all addresses), host:port, a path, fd://N; with
                         https:// before it by TLS; give it again for more
  --to NODE              a uwsgi socket: a path, host:port, suwsgi://...; again
                         for more: "ADDRESS weight=3 max_fails=2 backup"
  --balance KIND         round-robin, least-connections, power-of-two, ip-hash,
                         uri-hash, hash:VAR
  --ping SECONDS         packet 100 to each node   --slow-start SECONDS
  --subscription-server HOST:PORT  nodes announce themselves, as uWSGI's do;
      --subscription-sign-check DIGEST:FOLDER   --subscription-allow CIDR
  --upstream-ca, --upstream-cert, --upstream-key FILE   for suwsgi://
  --tls-cert FILE --tls-key FILE   HTTPS, HTTP/2; --tls-ca FILE signs clients'
  --trust CIDR           a proxy in front, whose X-Forwarded-* count; "unix" for
                         those by a unix socket; --forwarded: RFC 7239 instead
  --drop-odd-headers     X_Y is left out as by nginx (default: refused)
  --no-http2   --upgrade PROTOCOL (websocket)   --pass-x-accel
  --var NAME=VALUE       for every request; --modifier1 N: 5 Perl, 7 Ruby
  --chmod-socket MODE (660)        --spool-folder FOLDER
  --max-body-bytes N (1 GiB)       --max-connections N (10000)
  --head-timeout SECONDS (10)      --body-timeout SECONDS (30)
  --write-timeout SECONDS (60)     --keep-alive SECONDS (75)
  --connect-timeout SECONDS (5)    --response-timeout SECONDS (60)
  --grace SECONDS (60)   for what runs at the end, WebSockets too
  --access-log combined|json|off   --log text|json   as serve has them
Example:   uisge bridge --http :8080 --to /tmp/app.sock
Whoever reaches the address reaches the application.
`;
