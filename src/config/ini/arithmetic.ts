/**
 * Arithmetic of placeholders, `%(workers * 2)`: from left to right, whole numbers of 64 bits; what has no sign between it is
 * joined as text (`uwsgi_manage_placeholder` in `core/config.c`). Pure.
 */

/**
 * The result; undefined where there is nothing to reckon with. `valueOf`: of an option, undefined where nothing is called so,
 * which counts as no text, and as 0.
 */
export function reckon(formula: string, valueOf: (name: string) => string | undefined): string | undefined {
  let result: string | undefined;
  let sign = "";
  for (const token of formula.split(" ")) {
    if (token === "") continue;
    if (signs.has(token)) {
      sign = token;
    } else if (token === "++" || token === "--") {
      if (result !== undefined) result = String(wrap(numberOf(result) + (token === "++" ? 1n : -1n)));
      sign = "";
    } else {
      const value = /^[0-9]+$/.test(token) ? token : (valueOf(token) ?? "");
      result =
        sign === "" ? `${result ?? ""}${value}` : String(calculate(sign, numberOf(result ?? ""), numberOf(value)));
      sign = "";
    }
  }
  return result;
}

const signs: ReadonlySet<string> = new Set(["+", "-", "*", "/"]);

function calculate(sign: string, a: bigint, b: bigint): bigint {
  switch (sign) {
    case "+":
      return wrap(a + b);
    case "-":
      return wrap(a - b);
    case "*":
      return wrap(a * b);
    default:
      return b === 0n ? 0n : wrap(a / b);
  }
}

function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

const MOST = 2n ** 63n - 1n;

/** As C's `strtoll`: what stands first, 0 where that is no number, the limit where it is beyond. */
function numberOf(text: string): bigint {
  const [, minus, digits] = /^[ \t\n\v\f\r]*(?:\+|(-))?0*([0-9]+)/.exec(text) ?? [];
  if (digits === undefined) return 0n;
  const isBeyond = digits.length > 19 || BigInt(digits) > MOST;
  if (minus === undefined) return isBeyond ? MOST : BigInt(digits);
  return isBeyond ? -MOST - 1n : -BigInt(digits);
}
