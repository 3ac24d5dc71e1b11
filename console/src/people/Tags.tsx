/** What the person is like, by family: how strongly, how sure, and why. */
import type { PersonTag } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { Panel } from "../ui/Page";
import { type Family, groupTags, withSources, wordFor } from "./person";
import type { Place } from "./usePlace";

export function Tags({ tags, place }: { tags: PersonTag[]; place: Place }) {
  const { t } = useI18n();
  const title = t("tags.title");
  return (
    <Panel label={title} title={title} tools={<span className="faint">{t("tags.about")}</span>}>
      {tags.length === 0 ? (
        <p className="panel-empty">{t("tags.none")}</p>
      ) : (
        <div className="tags">
          {groupTags(tags).map((family) => (
            <FamilyOfTags key={family.family} {...family} place={place} />
          ))}
        </div>
      )}
    </Panel>
  );
}

function FamilyOfTags({ family, tags, place }: Family & { place: Place }) {
  const { t } = useI18n();
  const name = t(`family.${family}`);
  return (
    <section className={`tag-family tag-${family}`} aria-label={name}>
      <h3>{name}</h3>
      {tags.length === 0 && <p className="faint">{t("tags.noneOfFamily")}</p>}
      {tags.map(({ tag, label, terms }) => {
        const alone = terms.length === 1;
        return (
          <div key={tag} className="tag-kind">
            {!alone && <h4>{label[place.language]}</h4>}
            <ul>
              {terms.map((one) => (
                <Tag key={one.term ?? ""} tag={one} withLabel={alone} place={place} />
              ))}
            </ul>
          </div>
        );
      })}
    </section>
  );
}

function Tag({ tag, withLabel, place }: { tag: PersonTag; withLabel: boolean; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const label = tag.label[place.language];
  const term = tag.term == null ? null : wordFor(t, "term", tag.term);
  return (
    <li className="tag" data-tag={tag.tag}>
      <p className="tag-line">
        <span className="tag-name">
          {withLabel && label}
          {withLabel && term !== null && <span className="faint"> · </span>}
          {term !== null && <strong>{term}</strong>}
        </span>
        <span className="tag-sure">{t("tags.sure", { share: shareText(tag.confidence, place) })}</span>
        <span className="tag-weight" title={t("tags.weightOf", { weight: format.percent(tag.weight) })}>
          {shareText(tag.weight, place)}
        </span>
      </p>
      <div className="tag-track" aria-hidden="true">
        <i style={{ width: `${tag.weight * 100}%`, opacity: 0.4 + 0.6 * tag.confidence }} />
      </div>
      <p className="tag-why">{withSources(tag.why[place.language], place.nameOfSource)}</p>
    </li>
  );
}

function shareText(share: number, place: Place): string {
  return new Intl.NumberFormat(place.tag, { style: "percent", maximumFractionDigits: 0 }).format(share);
}
