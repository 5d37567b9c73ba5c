/** What `uisge help processes` prints. Fits a screen. */
export const usage: string = `uisge serve with several processes: options of the master and its workers

  -p, --processes N|auto   workers; auto: as many as processors. Any option here
                           makes a master, with one worker without -p: --master
  --cheaper N              fewest workers, more as they are busy up to -p;
                           --cheaper-initial N at the start, --cheaper-step N
  --max-requests N   --max-worker-lifetime SECONDS   then a worker is replaced,
  --reload-on-rss MB       or when it is larger; --evil-reload-on-rss MB: killed
  --harakiri SECONDS       as for one process; a worker that is stuck is killed
  --no-harakiri-stack      no thread that says where it was stuck; saves 9 MiB
  --start-timeout SECONDS (60)   until a worker has loaded the application
  --uid USER  --gid GROUP  --add-gid GROUP  --umask MASK   of the workers
  --allow-root             workers may be root
  --reload-mode graceful (default), chain, brutal: what HUP and touches do
  --touch-reload FILE  --touch-chain-reload FILE   reload when FILE is touched
  --watch [FOLDER]         reload when a file changes: for development
  --import MODULE  --node-option=OPTION  --env NAME=VALUE   for the workers
  --name NAME              what uisge status calls it; --control PATH or off
  --attach-daemon COMMAND  a program beside the workers, as their user
  --cron "MIN HOUR DAY MONTH WEEKDAY COMMAND"  --timer "SECONDS COMMAND"
  --pidfile FILE  --logto FILE  --access-logto FILE  --gateway NAME={...}
Signals of the master: TERM ends it, a second TERM, INT or QUIT at once; HUP
reloads, USR1 reopens logs, USR2 upgrades, TTIN and TTOU: one worker more, less.
With --http a bridge runs beside the workers, as a process of its own.

Example:  uisge serve app.js -s /run/app.sock -p 4 --uid www-data --harakiri 30
          uisge status; uisge reload; uisge stop
`;
