/** What `uisge help processes` prints. Fits a screen. */
export const usage: string = `uisge serve with several processes: a master and its workers

  uisge serve app.js -s /run/app.sock -p 4 --uid www-data --harakiri 30

-p N, or any other option of a master, makes one; --master alone, too. It binds
the sockets, never lets them go, and runs no code of the application; workers
load it, accept and answer. The options, by what they are about:

  uisge serve --help processes   workers, and when they are replaced
  uisge serve --help users       whom they become, and what they find
  uisge serve --help reload      what reloads them
  uisge serve --help beside      programs and jobs that run beside them
  uisge serve --help logs        where their lines go
  uisge serve --help limits      harakiri, and the time to finish
  uisge serve --help parts       middleware, bridges and routers

Commands:  uisge status, requests, reload, scale, upgrade, reopen, stop
Signals of the master: TERM ends it, a second TERM, INT or QUIT at once; HUP
reloads, USR1 reopens logs, USR2 upgrades, TTIN and TTOU: one worker more, less.
With --http a bridge runs beside the workers, as a process of its own; so does
each gateway of a configuration.
`;
