/** The icons in use. All of them only decorate words that are there anyway, so they are silent to screen readers. */
import {
  AimOutlined as AimGlyph,
  ApiOutlined as ApiGlyph,
  AppstoreOutlined as AppstoreGlyph,
  ArrowDownOutlined as ArrowDownGlyph,
  ArrowUpOutlined as ArrowUpGlyph,
  BarcodeOutlined as BarcodeGlyph,
  BellOutlined as BellGlyph,
  BookOutlined as BookGlyph,
  BulbOutlined as BulbGlyph,
  CaretRightOutlined as CaretRightGlyph,
  CheckOutlined as CheckGlyph,
  ClearOutlined as ClearGlyph,
  CloseOutlined as CloseGlyph,
  CodeOutlined as CodeGlyph,
  CopyOutlined as CopyGlyph,
  CrownOutlined as CrownGlyph,
  DashboardOutlined as DashboardGlyph,
  DeleteOutlined as DeleteGlyph,
  DeploymentUnitOutlined as DeploymentUnitGlyph,
  DownOutlined as DownGlyph,
  DownloadOutlined as DownloadGlyph,
  EditOutlined as EditGlyph,
  FileTextOutlined as FileTextGlyph,
  FilterOutlined as FilterGlyph,
  FundOutlined as FundGlyph,
  GiftOutlined as GiftGlyph,
  InboxOutlined as InboxGlyph,
  KeyOutlined as KeyGlyph,
  LoadingOutlined as LoadingGlyph,
  LogoutOutlined as LogoutGlyph,
  MoonOutlined as MoonGlyph,
  PauseOutlined as PauseGlyph,
  PlusOutlined as PlusGlyph,
  ReadOutlined as ReadGlyph,
  ReloadOutlined as ReloadGlyph,
  RightOutlined as RightGlyph,
  RocketOutlined as RocketGlyph,
  SearchOutlined as SearchGlyph,
  SendOutlined as SendGlyph,
  SettingOutlined as SettingGlyph,
  ShoppingOutlined as ShoppingGlyph,
  SunOutlined as SunGlyph,
  TableOutlined as TableGlyph,
  TagsOutlined as TagsGlyph,
  TeamOutlined as TeamGlyph,
  ThunderboltOutlined as ThunderboltGlyph,
  ToolOutlined as ToolGlyph,
  UploadOutlined as UploadGlyph,
  UserOutlined as UserGlyph,
  WalletOutlined as WalletGlyph,
} from "@ant-design/icons";
import type { ComponentType } from "react";

interface IconProps {
  className?: string;
}

function silent(Glyph: ComponentType<IconProps & { "aria-hidden": true }>) {
  return ({ className }: IconProps) => <Glyph aria-hidden {...(className === undefined ? {} : { className })} />;
}

export const AimOutlined = silent(AimGlyph);
export const AppstoreOutlined = silent(AppstoreGlyph);
export const BellOutlined = silent(BellGlyph);
export const ApiOutlined = silent(ApiGlyph);
export const ArrowDownOutlined = silent(ArrowDownGlyph);
export const ArrowUpOutlined = silent(ArrowUpGlyph);
export const BarcodeOutlined = silent(BarcodeGlyph);
export const BookOutlined = silent(BookGlyph);
export const BulbOutlined = silent(BulbGlyph);
export const CaretRightOutlined = silent(CaretRightGlyph);
export const CheckOutlined = silent(CheckGlyph);
export const ClearOutlined = silent(ClearGlyph);
export const CloseOutlined = silent(CloseGlyph);
export const CodeOutlined = silent(CodeGlyph);
export const CopyOutlined = silent(CopyGlyph);
export const CrownOutlined = silent(CrownGlyph);
export const DashboardOutlined = silent(DashboardGlyph);
export const DeleteOutlined = silent(DeleteGlyph);
export const DeploymentUnitOutlined = silent(DeploymentUnitGlyph);
export const DownOutlined = silent(DownGlyph);
export const DownloadOutlined = silent(DownloadGlyph);
export const EditOutlined = silent(EditGlyph);
export const FileTextOutlined = silent(FileTextGlyph);
export const FilterOutlined = silent(FilterGlyph);
export const FundOutlined = silent(FundGlyph);
export const GiftOutlined = silent(GiftGlyph);
export const InboxOutlined = silent(InboxGlyph);
export const ShoppingOutlined = silent(ShoppingGlyph);
export const KeyOutlined = silent(KeyGlyph);
export const LoadingOutlined = silent(LoadingGlyph);
export const LogoutOutlined = silent(LogoutGlyph);
export const MoonOutlined = silent(MoonGlyph);
export const PauseOutlined = silent(PauseGlyph);
export const PlusOutlined = silent(PlusGlyph);
export const ReadOutlined = silent(ReadGlyph);
export const RocketOutlined = silent(RocketGlyph);
export const ReloadOutlined = silent(ReloadGlyph);
export const RightOutlined = silent(RightGlyph);
export const SearchOutlined = silent(SearchGlyph);
export const SendOutlined = silent(SendGlyph);
export const SettingOutlined = silent(SettingGlyph);
export const SunOutlined = silent(SunGlyph);
export const TableOutlined = silent(TableGlyph);
export const TagsOutlined = silent(TagsGlyph);
export const TeamOutlined = silent(TeamGlyph);
export const ThunderboltOutlined = silent(ThunderboltGlyph);
export const ToolOutlined = silent(ToolGlyph);
export const UploadOutlined = silent(UploadGlyph);
export const UserOutlined = silent(UserGlyph);
export const WalletOutlined = silent(WalletGlyph);
