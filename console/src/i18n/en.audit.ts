/** Words about who did what. */
export const audit = {
  "audit.title": "Who did what",
  "audit.about":
    "Every sign-in and every change an account or a key made, newest first. Point at an act for its name in the API.",
  "audit.none": "Nothing of this kind was done.",
  "audit.when": "When",
  "audit.who": "Who",
  "audit.act": "Act",
  "audit.what": "On what",
  "audit.outcome": "Outcome",
  "audit.from": "From where",
  "audit.request": "Request {id}",
  "audit.anyone": "E-mail address or name of a key",
  "audit.anyAct": "Any act",
  "audit.period": "Period",
  "audit.outcome.done": "Done",
  "audit.outcome.refused": "Refused",
  "audit.outcome.failed": "Failed",
  "audit.outcome.unknown": "Not known",
} as const;
