/** What the publish gates found: each rule, its verdict, the evidence. */
import type { GateResult } from "../api/act";
import { useI18n } from "../i18n/i18n";
import type { Place } from "../people/usePlace";

const tones = { pass: "status-live", warn: "status-busy", refuse: "status-bad" } as const;

export function Gates({ gates, place }: { gates: readonly GateResult[]; place: Place }) {
  const { t } = useI18n();
  return (
    <ul className="gates">
      {gates.map((gate) => (
        <li key={gate.gate} data-gate={gate.gate}>
          <span className={`pill ${tones[gate.verdict]}`}>{t(`gate.${gate.verdict}`)}</span>
          <div>
            <strong>{gate.rule[place.language]}</strong>
            {gate.evidence.map((line) => (
              <p key={line.en} className="faint">
                {line[place.language]}
              </p>
            ))}
          </div>
        </li>
      ))}
    </ul>
  );
}
