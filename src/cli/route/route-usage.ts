/** What `uisge route --help` prints. Fits a screen. */
export const usage: string = `uisge route: pass uwsgi packets on to other sockets by rules

Usage: uisge route --socket ADDRESS --rule RULE... [options]
       uisge route --rule RULE... --explain VAR=VALUE [VAR=VALUE...]
  RULE is CONDITION... -> TARGET CHANGE...; the first that fits a packet counts.
  Conditions: host= path= method= key= modifier1= modifier2= var:NAME[=VALUE]
  Targets: ADDRESS[,ADDRESS...], an upstream's name, answer=STATUS, close
  Changes: modifier1= modifier2= set:NAME=VALUE remove:NAME mount=/PATH

  --rules FILE           rules as JSON, behind those of --rule
  --upstream NAME=ADDRESS[,ADDRESS...]   a name for rules; again for more;
                         behind an address: weight=3 backup max_fails=2 ...
  --ping SECONDS         ask each node by packet 100 how it is, so often
  --subscription-server HOST:PORT   nodes announce themselves, as to uWSGI's
      fastrouter; rules call them subscribed. --subscription-tolerance SECONDS,
      --subscription-sign-check DIGEST:DIR, --subscription-allow NETWORK[,...]
  --explain VAR=VALUE    why a packet goes where it goes; --modifier1 N, --json
  --connect-timeout SECONDS (5)   --idle-timeout SECONDS (60), or off
  --plain-close, --strip-accel   close instead of 502 to 504; take X-Accel-* out
  --upstream-ca FILE, --upstream-cert FILE, --upstream-key FILE   of suwsgi://
  -s, --socket ADDRESS, and --chmod-socket, --chown-socket, --recreate-socket,
  --allow, --insecure, --tls-cert, --tls-key, --tls-ca, --max-connections,
  --header-timeout, --write-timeout, --grace, --transport, --access-log, --log:
  as for uisge serve, see uisge serve --help

Example: uisge route --socket /run/route.sock \\
  --rule 'host=a.com path=/api -> /run/a.sock' --rule '-> 10.0.0.5:3031'
Exit codes: as of uisge serve; 64 for a rule that cannot be read.
`;
