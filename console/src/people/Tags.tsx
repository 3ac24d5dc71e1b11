/** What the person is like, by family: how strongly, how sure, and why. */
import type { PersonTag } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { Panel } from "../ui/Page";
import { type Family, groupTags, reasonText, wordFor } from "./person";
import type { Place } from "./usePlace";

interface Props {
  tags: PersonTag[];
  /** Whether each tag says how it came to be. */
  reasons: boolean;
  place: Place;
}

export function Tags({ tags, reasons, place }: Props) {
  const { t } = useI18n();
  const title = t("tags.title");
  return (
    <Panel label={title} title={title} tools={<span className="faint">{t("tags.about")}</span>}>
      {tags.length === 0 ? (
        <p className="nothing">{t("tags.none")}</p>
      ) : (
        <div className="tags">
          {groupTags(tags).map((family) => (
            <FamilyOfTags key={family.family} {...family} reasons={reasons} place={place} />
          ))}
        </div>
      )}
    </Panel>
  );
}

function FamilyOfTags({ family, tags, reasons, place }: Family & Omit<Props, "tags">) {
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
                <Tag key={one.term ?? ""} tag={one} withLabel={alone} reasons={reasons} place={place} />
              ))}
            </ul>
          </div>
        );
      })}
    </section>
  );
}

interface TagProps extends Omit<Props, "tags"> {
  tag: PersonTag;
  withLabel: boolean;
}

function Tag({ tag, withLabel, reasons, place }: TagProps) {
  const { t } = useI18n();
  const { format } = place;
  const label = tag.label[place.language];
  const why = reasonText(tag.why[place.language], place.nameOfSource);
  const term = tag.term == null ? null : wordFor(t, "term", tag.term);
  return (
    <li className="tag" data-tag={tag.tag} title={why}>
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
      {reasons && <p className="tag-why">{why}</p>}
    </li>
  );
}

function shareText(share: number, place: Place): string {
  return new Intl.NumberFormat(place.tag, { style: "percent", maximumFractionDigits: 0 }).format(share);
}
