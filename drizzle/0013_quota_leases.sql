CREATE TABLE "app"."quota_leases" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"meter" text NOT NULL,
	"period" date NOT NULL,
	"day" date NOT NULL,
	"feature" text NOT NULL,
	"api_key_id" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"last_event_id" uuid NOT NULL,
	"is_closed" boolean DEFAULT false NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "quota_leases_pkey" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "quota_leases_amount_positive" CHECK ("app"."quota_leases"."amount" > 0)
);
--> statement-breakpoint
ALTER TABLE "app"."audit_events" ADD COLUMN "quota_lease" uuid;--> statement-breakpoint
ALTER TABLE "app"."quota_leases" ADD CONSTRAINT "quota_leases_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;