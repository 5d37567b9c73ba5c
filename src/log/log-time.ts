/** Times in the words of access logs, in the time zone of the process. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/** `22/Nov/2026:12:39:38 +0000`: nginx's `$time_local`, uWSGI's `%(ltime)`. */
export function localTime(time: Date): string {
  const offset = -time.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  return `${two(time.getDate())}/${MONTHS[time.getMonth()]}/${time.getFullYear()}:${clockOf(time)} ${zone}`;
}

/** `Sun Nov 22 12:39:38 2026`: ctime(3), without its line feed. */
export function ctime(time: Date): string {
  const day = String(time.getDate()).padStart(2, " ");
  return `${DAYS[time.getDay()]} ${MONTHS[time.getMonth()]} ${day} ${clockOf(time)} ${time.getFullYear()}`;
}

/** As `format`, which is asked once for each second: to write a time costs more than all the rest of a line. */
export function oncePerSecond(format: (time: Date) => string): (ms: number) => string {
  let second = Number.NaN;
  let text = "";
  return (ms) => {
    const asked = Math.floor(ms / 1_000);
    if (asked !== second) {
      text = format(new Date(asked * 1_000));
      second = asked;
    }
    return text;
  };
}

function clockOf(time: Date): string {
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
