/** The words of the application, from message files; English is built in, other languages are fetched when chosen. */

import english from "../messages/en.json";

export type Language = "en" | "zh-CN";
export const LANGUAGES: Record<Language, string> = { en: "English", "zh-CN": "简体中文" };
const KEPT = "facefusion.language";

type Messages = Record<string, string>;
const ENGLISH = english as Messages;

let messages = $state<Messages>(ENGLISH);
let current = $state<Language>("en");

export const language = {
  get current() {
    return current;
  },
};

/** Begin with the language that was chosen last, or the browser's. */
export async function begin(): Promise<void> {
  const kept = localStorage.getItem(KEPT) ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh-CN" : "en");
  await choose(kept === "zh-CN" ? "zh-CN" : "en");
}

export async function choose(next: Language): Promise<void> {
  messages = next === "zh-CN" ? await chinese() : ENGLISH;
  current = next;
  localStorage.setItem(KEPT, next);
  document.documentElement.lang = next;
}

/** Options are described in English by the server, so only other languages have words of their own for them. */
async function chinese(): Promise<Messages> {
  const files = await Promise.all([import("../messages/zh-CN.json"), import("../messages/options.zh-CN.json")]);
  return Object.assign({}, ...files.map((file) => file.default)) as Messages;
}

/** The message of a key with {names} filled in. With `n`, the form for that number is taken where there is one. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  const form = typeof values.n === "number" ? `${key}.${new Intl.PluralRules(current).select(values.n)}` : key;
  const text = messages[form] ?? messages[key] ?? messages[`${key}.other`] ?? ENGLISH[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? shown(values[name]!) : whole));
}

/** Whether a key has words in the chosen language. */
export function has(key: string): boolean {
  return key in messages;
}

function shown(value: string | number): string {
  return typeof value === "number" ? value.toLocaleString(current) : value;
}

/** Seconds as 0:07, 2:31 or 1:02:31. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, "0"));
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${parts.join(":")}` : `${Number(parts[0])}:${parts[1]}`;
}

export function moment(seconds: number): string {
  const said = new Intl.DateTimeFormat(current, { dateStyle: "medium", timeStyle: "short" });
  return said.format(new Date(seconds * 1000));
}

export function bytes(size: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let place = 0;
  while (size >= 1000 && place < units.length - 1) {
    size /= 1000;
    place += 1;
  }
  return `${size.toLocaleString(current, { maximumFractionDigits: size < 10 ? 1 : 0 })} ${units[place]}`;
}
