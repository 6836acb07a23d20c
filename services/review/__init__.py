"""The review service: an ASF prepares, neutral reviewers assess it, and a certifier decides.

Process   steps 4 to 7 of SKOOPI's model
Streams   appointment-, tie-{person_id}; casefile-, workspace-, assessment-{application_id};
          cohort-{round_id}; review-{review_id}; erasure-{subject_id}, hold-{subject_id}
Hears     asf.intake.events.v1     ApplicantEnrolled, RoundStarted, AgreementCountersigned, ...
          asf.review.events.v1     its own: PreparationCalled, SelfAssessmentSubmitted, ...
Says      asf.review.events.v1     SelfAssessmentSubmitted, CriterionReviewed, ...
Serves    /v1/appointments, /v1/ties, /v1/workspaces, /v1/self-assessments, /v1/reviews, /v1/scheme
"""
