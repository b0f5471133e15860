CREATE TABLE "app"."credit_windows" (
	"tenant_id" uuid NOT NULL,
	"bucket" text NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL,
	"taken" bigint NOT NULL,
	"holds" jsonb NOT NULL,
	CONSTRAINT "credit_windows_pkey" PRIMARY KEY("tenant_id","bucket")
);
--> statement-breakpoint
ALTER TABLE "app"."api_keys" ADD COLUMN "cost_per_minute" integer;--> statement-breakpoint
ALTER TABLE "app"."credit_windows" ADD CONSTRAINT "credit_windows_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "ownership_transfers_open_idx" ON "app"."ownership_transfers" USING btree ("tenant_id","expires_at") WHERE "app"."ownership_transfers"."closed_at" is null;