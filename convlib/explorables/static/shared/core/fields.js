// Fields: a value, its limits (as Python's traits give them), and its text in the address bar.
import { formatNumber } from "./numbers.js";

const number = (text) => (/^-?\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : NaN);
const between = (value, [low, high]) => value >= low && value <= high; // false for NaN

function parseNumbers(text, size, limits) {
  const values = text.split(",").map(number);
  return between(values.length, size) && values.every((v) => between(v, limits)) ? values : undefined;
}

// The value that a text stands for, or undefined where it is not within the field's limits.
export function parseField(field, text) {
  if (typeof text !== "string" || text.length > 4000) return undefined;
  if (field.type === "choice") return field.choices.find((choice) => String(choice) === text);
  if (field.type === "bool") return { true: true, false: false }[text];
  if (field.type === "numbers") {
    const values = parseNumbers(text, field.size, field.value);
    return field.whole && !values?.every(Number.isInteger) ? undefined : values;
  }
  if (field.type === "grid") {
    const rows = text.split(";").map((row) => parseNumbers(row, field.columns, field.value));
    const rectangle = rows.every((row) => row && row.length === rows[0].length);
    return between(rows.length, field.rows) && rectangle ? rows : undefined;
  }
  const value = number(text);
  const limits = [field.min ?? -Infinity, field.max ?? Infinity];
  const whole = field.type === "float" || Number.isInteger(value);
  return whole && between(value, limits) ? value : undefined;
}

// The text that parseField reads back as the same value.
export function formatField(field, value) {
  if (field.type === "grid") return value.map((row) => row.map(formatNumber).join(",")).join(";");
  if (field.type === "numbers") return value.map(formatNumber).join(",");
  return typeof value === "number" ? formatNumber(value) : String(value);
}
