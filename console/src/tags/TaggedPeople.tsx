/** Some who have a tag most, with why. */
import type { TaggedPerson } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { PersonCell } from "../people/PersonCell";
import { reasonText, wordFor } from "../people/person";
import type { Place } from "../people/usePlace";

export function TaggedPeople({ people, place }: { people: TaggedPerson[]; place: Place }) {
  const { t } = useI18n();
  const { format, language, nameOfSource } = place;
  if (people.length === 0) return <p className="nothing">{t("tag.nobody")}</p>;
  return (
    <div className="people">
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("people.person")}</th>
            <th scope="col">{t("tag.term")}</th>
            <th scope="col" className="people-figure">
              {t("tag.weight")}
            </th>
            <th scope="col" className="people-figure people-orders">
              {t("tag.confidence")}
            </th>
            <th scope="col" className="people-first">
              {t("tag.why")}
            </th>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <tr key={person.person_id}>
              <th scope="row">
                <PersonCell personId={person.person_id} shopperKey={person.shopper_id} />
              </th>
              <td className="tagged-term">{person.term == null ? "" : wordFor(t, "term", person.term)}</td>
              <td className="people-figure">{person.weight.toFixed(2)}</td>
              <td className="people-figure people-orders">{format.percent(person.confidence)}</td>
              <td className="people-first tagged-why">{reasonText(person.why[language], nameOfSource)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
