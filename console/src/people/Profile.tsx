/** What is computed from what the person did, each value with how it was counted. */
import type { ComputedTrait } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { Panel } from "../ui/Page";
import { type Grouped, groupValues, valueText, wordFor } from "./person";
import type { Place } from "./usePlace";

interface Props {
  computed: ComputedTrait[];
  /** Whether each value says how it was counted. */
  reasons: boolean;
  place: Place;
}

export function Profile({ computed, reasons, place }: Props) {
  const { t } = useI18n();
  const title = t("profile.title");
  return (
    <Panel label={title} title={title} tools={<span className="faint">{t("profile.about")}</span>}>
      <div className="profile">
        {groupValues(computed).map((group) => (
          <Group key={group.group} {...group} reasons={reasons} place={place} />
        ))}
      </div>
    </Panel>
  );
}

function Group({ group, known, none, reasons, place }: Grouped & Omit<Props, "computed">) {
  const { t } = useI18n();
  return (
    <section className="profile-group" aria-label={t(`profile.${group}`)}>
      <h3>{t(`profile.${group}`)}</h3>
      <dl>
        {known.map((value) => (
          <div key={value.name} title={hintOf(value, place)}>
            <dt>
              {wordFor(t, "value", value.name)}
              {reasons && <small>{value.why[place.language]}</small>}
            </dt>
            <dd data-value={value.name}>{valueText(value, place.format, t, place.tag)}</dd>
          </div>
        ))}
      </dl>
      {none.length > 0 && (
        <p className="profile-none">
          {t("profile.none")}
          {none.map((value, index) => (
            <span key={value.name} title={value.why[place.language]}>
              {index > 0 && t("list.separator")}
              {wordFor(t, "value", value.name)}
            </span>
          ))}
        </p>
      )}
    </section>
  );
}

/** What was counted, and from when to when. */
function hintOf({ why, from, to }: ComputedTrait, { format, language }: Place): string {
  const span = from == null || to == null ? "" : `\n${format.dateTime(from)} – ${format.dateTime(to)}`;
  return `${why[language]}${span}`;
}
