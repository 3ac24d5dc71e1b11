/** The API's types, as generated from `openapi.json`. A renamed schema is followed here and nowhere else. */
import type { components, paths } from "./generated/schema";

type Schemas = components["schemas"];

/** The paths of the API; a path that has left the contract no longer compiles. */
export type Path = keyof paths;

export type Session = Schemas["Session"];
export type Account = Schemas["Account"];
export type Role = Account["role"];
export type ServerKey = Schemas["ServerKey"];
export type Shop = Schemas["Shop"];
export type Source = Schemas["Source"];
export type SourceList = Schemas["SourceList"];
export type QuarantineItem = Schemas["QuarantineItem"];
export type LiveEvent = Schemas["LiveEvent"];
export type Overview = Schemas["Overview"];
export type Totals = Schemas["Totals"];
export type SeriesPoint = Schemas["SeriesPoint"];
export type SqlAnswer = Schemas["SqlAnswer"];
export type SqlSchema = Schemas["SqlSchema"];
export type Problem = Schemas["Problem"];

export type Interval = "day" | "week" | "month";
