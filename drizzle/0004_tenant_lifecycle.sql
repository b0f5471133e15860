CREATE TABLE "app"."purged_tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"plan" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"deletion_requested_at" timestamp (3) with time zone,
	"purged_at" timestamp (3) with time zone NOT NULL,
	"removed" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "app"."tenant_domains" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"domain" text NOT NULL,
	"token" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"proved_at" timestamp (3) with time zone,
	"verified_at" timestamp (3) with time zone,
	CONSTRAINT "tenant_domains_pkey" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "tenant_domains_tenant_id_domain_key" UNIQUE("tenant_id","domain")
);
--> statement-breakpoint
ALTER TABLE "app"."tenants" ADD COLUMN "status_before_suspension" text;--> statement-breakpoint
ALTER TABLE "app"."tenants" ADD COLUMN "status_before_deletion" text;--> statement-breakpoint
ALTER TABLE "app"."tenants" ADD COLUMN "deletion_requested_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "app"."tenants" ADD COLUMN "purge_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "app"."tenant_domains" ADD CONSTRAINT "tenant_domains_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "tenant_domains_tenant_id_created_at_id_idx" ON "app"."tenant_domains" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "tenants_purge_at_idx" ON "app"."tenants" USING btree ("purge_at") WHERE "app"."tenants"."purge_at" is not null;